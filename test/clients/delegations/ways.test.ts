import { expect, onTestFinished, test } from 'vitest';
import { openWays } from '../../../src/clients/delegations/ways.ts';
import { openMaskinporten } from '../../../src/clients/maskinporten/maskinporten.ts';
import { randomIds } from '../../../src/lib/ids.ts';
import { silentLog } from '../../../src/lib/log.ts';
import {
  bank,
  dataScope,
  key,
  openNeighbour,
  openServer,
  operator,
  patience,
  publicJwk,
  sendJson,
  writeScope,
} from '../neighbour.ts';

const party = '7630cd18-1651-459e-92ba-63c61faefa4a';

/** The sandbox, and a token of the operator's own for a scope. */
const openOwn = async () => {
  const neighbour = await openNeighbour();
  const { url, control, clock } = neighbour;
  await control('POST', 'organizations', { orgno: operator, name: 'Leverandør', partyUuid: party });
  const maskinporten = openMaskinporten({
    ...{ issuer: `${url}/maskinporten/`, operatorOrgno: operator, clock, ids: randomIds, log: silentLog },
    known: { read: async () => undefined, keep: async () => undefined },
  });
  onTestFinished(() => maskinporten.close());
  const way = (from: 'supplier-list' | 'owner-lookup', altinn3Url = `${url}/altinn3/`) => {
    const outside = { altinn3Url, altinn2Url: `${url}/altinn2/`, apiKey: undefined, timeoutMs: 2000 };
    const { delegations, close } = openWays({ from, by: undefined }, { ...outside, operatorOrgno: operator, party });
    onTestFinished(close);
    if (!delegations) throw new Error('there is a way');
    return delegations;
  };
  const token = async (scope: string) => {
    await control('POST', 'clients', { clientId: 'own', scopes: [scope], jwks: { keys: [publicJwk] } });
    await control('PUT', `grants/${operator}/${encodeURIComponent(scope)}`);
    const ask = { clientId: 'own', key, scopes: [scope], consumer: operator };
    return (await maskinporten.requestToken(ask, patience())).token;
  };
  return { ...neighbour, way, token };
};

test('the supplier’s own list tells who has delegated a scope', async () => {
  const { way, token, control, fail } = await openOwn();
  const list = way('supplier-list');
  const own = await token(list.scope);
  expect(await list.consumersOf(writeScope, own, patience())).toEqual(new Set([bank]));
  await control('DELETE', `delegations/${bank}/${operator}/${encodeURIComponent(writeScope)}`);
  expect(await list.consumersOf(writeScope, own, patience())).toEqual(new Set());
  // Not opened to us, and away: two things.
  const other = await token('altinn:maskinporten/delegations');
  await expect(list.consumersOf(writeScope, other, patience())).rejects.toMatchObject({
    code: 'delegations-not-shown',
  });
  await fail('consumers', { kind: 'html', status: 503 });
  await expect(list.consumersOf(writeScope, own, patience())).rejects.toMatchObject({ code: 'altinn-unavailable' });
});

test('the owner’s look-up tells of the operator’s own scopes, and of no others', async () => {
  const { way, token, control, fail } = await openOwn();
  const lookup = way('owner-lookup');
  const own = await token(lookup.scope);
  expect(await lookup.consumersOf(dataScope, own, patience())).toBeUndefined();
  await control('PUT', `scopes/${encodeURIComponent(dataScope)}`, { owner: operator });
  expect(await lookup.consumersOf(dataScope, own, patience())).toEqual(new Set([bank]));
  await fail('delegations', { kind: 'reset', when: 'before' });
  await expect(lookup.consumersOf(dataScope, own, patience())).rejects.toMatchObject({ code: 'altinn-unavailable' });
});

test.each([{ data: [] }, 'no list', [{ consumer_org: 5 }], [{ permissions: [{ from: null }] }]])(
  'an answer that is no list is believed by nobody: %j',
  async (answer) => {
    const { way } = await openOwn();
    const { url } = await openServer((_, response) => sendJson(response, 200, answer));
    for (const from of ['supplier-list', 'owner-lookup'] as const)
      await expect(way(from, url).consumersOf(writeScope, 'x', patience())).rejects.toMatchObject({
        code: 'altinn-unavailable',
      });
  },
);
