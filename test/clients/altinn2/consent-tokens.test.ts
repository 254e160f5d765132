import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { randomIds } from '../../../src/lib/ids.ts';
import { operatorApiKey } from '../../../src/sandbox/altinn2/first-services.ts';
import type { ConsentTokenAsk } from '../../../src/usecases/altinn-port.ts';
import { nationalNumber } from '../../support/not-for-logs.ts';
import { problemOf } from '../maskinporten/given-client.ts';
import { bank, department, operator, patience, person } from '../neighbour.ts';
import { months, once, openAltinn2, year } from './given-altinn2.ts';

test('a given consent has a token for half a minute, as often as it is wanted', async () => {
  const { accepted, consentToken, clock, calls } = await openAltinn2();
  const code = await accepted({ rights: [year, months] });
  const now = clock.now().getTime();
  const { token, expiresAt } = await consentToken(code, { rights: [year, months] });
  expect(decodeJwt(token)).toMatchObject({ OfferedBy: person, CoveredBy: bank, HandledBy: operator });
  expect(expiresAt.getTime() - now).toBeGreaterThan(20_000);
  expect(expiresAt.getTime() - clock.now().getTime()).toBeLessThanOrEqual(30_000);
  await consentToken(code.toUpperCase(), { rights: [months, year] });
  // Its keys are read once, by the address that the metadata names.
  expect((await calls('altinn2-jwk')).map(({ path }) => path)).toEqual([
    '/altinn2/.well-known/oauth-authorization-server',
    '/altinn2/api/metadata/jwk',
  ]);
});

test('how long it lives is read from Altinn’s clock: ours may be wrong', async () => {
  const { systemClock } = await import('../../../src/lib/clock.ts');
  const wrong = { now: () => new Date(systemClock.now().getTime() - 3_600_000) };
  const { accepted, consentToken } = await openAltinn2({ clock: wrong });
  const { expiresAt } = await consentToken(await accepted());
  expect(expiresAt.getTime() - wrong.now().getTime()).toBeGreaterThan(20_000);
  expect(expiresAt.getTime() - wrong.now().getTime()).toBeLessThanOrEqual(30_000);
});

test.each(['as-seen', 'array', 'commas'])(
  'services are understood as one page or another writes them: %s',
  async (form) => {
    const { accepted, consentToken, control } = await openAltinn2();
    await control('POST', 'settings', { altinn2Services: form });
    const bare = { resource: '3181_120803', metadata: {} };
    expect(await consentToken(await accepted({ rights: [bare] }), { rights: [bare] })).toBeTruthy();
    const both = [year, months];
    expect(await consentToken(await accepted({ rights: both }), { rights: both })).toBeTruthy();
    const balance = { resource: '5252_2', metadata: { Navn: 'Bank, filial, 5252_2' } };
    expect(await consentToken(await accepted({ rights: [balance] }), { rights: [balance] })).toBeTruthy();
  },
);

test.each<[string, Partial<ConsentTokenAsk>]>([
  ['somebody else', { from: { person: '23886799519' } }],
  ['an organisation', { from: { organization: '910514318' } }],
  ['fewer rights', { rights: [year] }],
  ['more rights', { rights: [year, months, once] }],
  ['other rights', { rights: [year, { resource: '4804_210607', metadata: months.metadata }] }],
  ['other metadata', { rights: [{ ...year, metadata: { inntektsaar: '2025' } }, months] }],
  ['more metadata', { rights: [{ ...year, metadata: { ...year.metadata, other: '1' } }, months] }],
  ['less metadata', { rights: [{ ...year, metadata: {} }, months] }],
])('a token is thrown away where we asked for that of %s', async (_name, changes) => {
  const { accepted, consentToken, lines } = await openAltinn2();
  const problem = await problemOf(consentToken(await accepted({ rights: [year, months] }), changes));
  expect(problem.code).toBe('consent-token-foreign');
  for (const secret of [nationalNumber, /eyJ/]) expect(`${problem.message}${lines.join()}`).not.toMatch(secret);
});

test('not given, declined, revoked, run out, given back, used up, unknown: there is none, and nobody says why', async () => {
  const { accepted, submit, does, consentToken, client, forTokens, clock } = await openAltinn2();
  const codeOf = async (code: string, ask = {}) => (await problemOf(consentToken(code, ask))).code;
  const { id: open } = await submit();
  const { id: declined } = await submit();
  await does(declined, 'reject');
  const revoked = await accepted();
  await does(revoked, 'revoke');
  const back = await accepted();
  await client.giveBack(back, forTokens, patience());
  const used = await accepted({ rights: [once] });
  await consentToken(used, { rights: [once] });
  await client.logUse(used, { resource: '5120_1', at: clock.now() }, forTokens, patience());
  const short = await accepted({ validTo: new Date(clock.now().getTime() + 30_000) });
  clock.move(30_000);
  for (const code of [open, declined, revoked, back, used, short, randomIds.uuid()])
    expect(await codeOf(code)).toBe('consent-not-at-altinn');
  expect((await problemOf(client.giveBack(back, forTokens, patience()))).code).toBe('consent-not-at-altinn');
});

test('a use is logged in Oslo’s time, and other consents live on', async () => {
  const { accepted, client, forTokens, consentToken, calls } = await openAltinn2();
  const code = await accepted();
  await client.logUse(code, { resource: '4629_2', at: new Date('2026-07-03T10:00:00.500Z') }, forTokens, patience());
  await consentToken(code);
  expect(await calls('altinn2-log-use')).toMatchObject([
    { body: { ServiceCode: '4629', ServiceEditionCode: 2, UsageDateTime: '2026-07-03T12:00:00' } },
  ]);
  const other = client.logUse(code, { resource: '5120_1', at: new Date() }, forTokens, patience());
  expect((await problemOf(other)).code).toBe('altinn-refused');
});

test('a token of ours without the scope, another tenant’s, and a key that Altinn does not know', async () => {
  const { accepted, client, token, consentToken, control } = await openAltinn2();
  const code = await accepted();
  const ask = { code, from: { person }, to: bank, rights: [year] };
  expect((await problemOf(client.consentToken(ask, token, patience()))).code).toBe('client-scope-missing');
  expect((await problemOf(consentToken(code, { to: department }))).code).toBe('consent-token-foreign');
  // It cannot be told from a consent that ended: whoever cares reads the request as well.
  await control('DELETE', `altinn2/api-keys/${operatorApiKey}`);
  expect((await problemOf(consentToken(code))).code).toBe('consent-not-at-altinn');
  expect((await problemOf(client.read(code, token, patience()))).code).toBe('altinn-refused');
});

test('when certificates change the new key is looked for, and found', async () => {
  const { accepted, consentToken, control, calls, clock } = await openAltinn2();
  const code = await accepted();
  await consentToken(code);
  await control('POST', 'settings', { altinn2SigningKey: 'secondary' });
  await consentToken(code);
  expect(await calls('altinn2-jwk')).toHaveLength(2);
  await control('POST', 'settings', { rotateAltinn2Keys: true });
  // Not at once again: anybody could make up names.
  expect((await problemOf(consentToken(code))).code).toBe('consent-token-foreign');
  clock.move(61_000);
  await consentToken(code);
  expect(await calls('altinn2-jwk')).toHaveLength(4);
});

test.each([
  { kind: 'html', status: 502 },
  { kind: 'html', status: 200 },
  { kind: 'status', status: 200, body: 'no token' },
  { kind: 'reset', when: 'before' },
])('$kind $status is over soon', async (fault) => {
  const { accepted, consentToken, fail } = await openAltinn2();
  const code = await accepted();
  await fail('altinn2-token', fault);
  expect((await problemOf(consentToken(code))).code).toBe('altinn-unavailable');
  await fail('altinn2-jwk', { kind: 'status', status: 503 }, 2);
  expect((await problemOf(consentToken(code))).code).toBe('altinn-unavailable');
  expect(await consentToken(code)).toBeTruthy();
});
