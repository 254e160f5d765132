import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { problemOf } from '../maskinporten/given-client.ts';
import { bank, openServer, operator, patience, person } from '../neighbour.ts';
import { asked, openAltinn2, openClient, year } from './given-altinn2.ts';

/** Altinn 2, reached with tokens that its platform exchanged. */
const openExchanging = async () => {
  const altinn = await openAltinn2();
  const exchangeUrl = `${altinn.url}/altinn3/`;
  const { client } = openClient(`${altinn.url}/altinn2/`, { clock: altinn.clock, exchangeUrl });
  const exchanges = async () => (await altinn.calls('exchange')).map(({ status }) => status);
  return { ...altinn, client, exchangeUrl, exchanges };
};

test('a token is exchanged once, and serves for all that is asked with it', async () => {
  const { client, token, forTokens, does, exchanges } = await openExchanging();
  const made = await Promise.all([1, 2, 3].map(() => client.submit(asked(), token, patience())));
  const { id } = await client.read(made[0]?.id ?? '', token, patience());
  expect(await exchanges()).toEqual([200]);
  await does(id, 'accept');
  const ask = { code: id, from: { person }, to: bank, rights: [year] };
  expect((await client.consentToken(ask, forTokens, patience())).token).toMatch(/^ey/);
  expect(await exchanges()).toEqual([200, 200]);
});

test('Altinn’s own token goes out, in the name of the same consumer and supplier', async () => {
  const { token, clock, exchangeUrl } = await openExchanging();
  const seen: string[] = [];
  const { url } = await openServer(({ headers }, response) => {
    seen.push(headers.authorization ?? '');
    response.writeHead(403).end();
  });
  await problemOf(openClient(`${url}/`, { clock, exchangeUrl }).client.read('code', token, patience()));
  const claims = decodeJwt((seen[0] ?? '').replace('Bearer ', ''));
  expect(claims).toMatchObject({
    'urn:altinn:orgNumber': bank,
    consumer: { ID: `0192:${bank}` },
    supplier: { ID: `0192:${operator}` },
  });
  expect(claims.iss).toContain('/altinn3/authentication/');
});

test('a token that has ended is exchanged for nothing, and counts as one that Altinn refused', async () => {
  const { client, token, clock, submit, requests, exchanges } = await openExchanging();
  clock.move(200_000);
  const problem = await problemOf(client.submit(asked(), token, patience()));
  expect(problem.code).toBe((await problemOf(submit())).code);
  expect(await exchanges()).toEqual([401]);
  expect(await requests()).toEqual([]);
});

test('while nothing is exchanged, nothing is sent', async () => {
  const { client, token, clock, url, fail, requests } = await openExchanging();
  await fail('exchange', { kind: 'status', status: 503 });
  expect((await problemOf(client.submit(asked(), token, patience()))).code).toBe('altinn-unreachable');
  const nowhere = openClient(`${url}/altinn2/`, { clock, exchangeUrl: 'http://127.0.0.1:1/' }).client;
  expect((await problemOf(nowhere.submit(asked(), token, patience()))).code).toBe('altinn-unreachable');
  expect(await requests()).toEqual([]);
  await client.submit(asked(), token, patience());
  expect(await requests()).toHaveLength(1);
});
