import { expect, onTestFinished, test } from 'vitest';
import { openRightsRegister } from '../../src/clients/altinn2/rights-register.ts';
import { openAccessLists } from '../../src/clients/resource-registry/access-lists.ts';
import { openScopeAccess } from '../../src/clients/selfservice/scope-access.ts';
import { openServer, patience, sendJson } from './neighbour.ts';

const orgno = '910514318';

const opened = async <T extends { close(): Promise<void> }>(open: (baseUrl: string) => T, ...answers: unknown[]) => {
  const { url } = await openServer((_request, response) => sendJson(response, 200, answers.shift() ?? { data: [] }));
  const register = open(url);
  onTestFinished(() => register.close());
  return register;
};

test('what a register calls an organisation and is none gets into no address, report or audit', async () => {
  const named = ['../../clients/x', '25922947409', orgno];
  const scopes = await opened(
    (baseUrl) => openScopeAccess({ baseUrl }),
    named.map((consumer_orgno) => ({ consumer_orgno, state: 'APPROVED' })),
  );
  expect(await scopes.read('hub:accounts', 't', patience())).toEqual({
    entries: [{ orgno }],
    notes: ['2 of its consumers are no organisations, and stay'],
  });
  const lists = await opened((baseUrl) => openAccessLists({ baseUrl }), {
    data: named.map((one) => ({ identifiers: { 'urn:altinn:organization:identifier-no': one } })),
  });
  expect(await lists.read('hub/banks', 't', patience())).toMatchObject({
    entries: [{ orgno }],
    notes: expect.arrayContaining(['2 of its members are no organisations, and stay']),
  });
});

test.each(['../../../api/reportees', 'a/b', '..', '1?x=y', ''])(
  'a right that is called %j leads nowhere: the list is not believed',
  async (id) => {
    const right = { id, reportee: orgno, validTo: '2030-01-01T00:00:00' };
    const register = await opened((baseUrl) => openRightsRegister({ baseUrl, apiKey: 'k' }), [right]);
    await expect(register.read('9000_1', 't', patience())).rejects.toThrow('cannot be read');
  },
);

test.each([17, '17', 'a1b2c3d4-0000-4000-8000-000000000000'])('a right that is called %j is read', async (id) => {
  const right = { id, reportee: orgno, validTo: '2030-01-01T00:00:00' };
  const register = await opened((baseUrl) => openRightsRegister({ baseUrl, apiKey: 'k' }), [right]);
  expect(await register.read('9000_1', 't', patience())).toMatchObject({ entries: [{ orgno, id: String(id) }] });
});
