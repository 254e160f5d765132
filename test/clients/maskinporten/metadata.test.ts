import { expect, onTestFinished, test } from 'vitest';
import { openHttpCaller } from '../../../src/clients/http-caller.ts';
import { openMetadata } from '../../../src/clients/maskinporten/metadata.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { openServer, patience, sendJson } from '../neighbour.ts';

/** A page that shows what it is told to; `undefined` is an outage. */
const openPage = async (...pages: (((url: string) => object) | undefined)[]) => {
  let looks = 0;
  const told: (() => void)[] = [];
  const { url } = await openServer((_request, response) => {
    const page = pages[Math.min(looks++, pages.length - 1)];
    if (page) sendJson(response, 200, page(url));
    else response.writeHead(503).end('<html>');
    for (const tell of told.splice(0)) tell();
  });
  return { issuer: `${url}/`, url, looked: () => new Promise<void>((resolve) => told.push(resolve)) };
};
const good = (url: string) => ({ issuer: `${url}/`, token_endpoint: `${url}/token`, more: 'unknown' });

const open = (issuer: string, kept?: unknown, pace = {}) => {
  const keeps: unknown[] = [];
  let told = () => {};
  const wasKept = new Promise<void>((resolve) => {
    told = resolve;
  });
  const known = {
    read: async () => kept,
    keep: async (value: unknown) => {
      keeps.push(value);
      told();
    },
  };
  const http = openHttpCaller();
  const metadata = openMetadata({ issuer, http, clock: systemClock, log: silentLog, known, pace });
  onTestFinished(async () => {
    metadata.close();
    await http.close();
  });
  return { metadata, keeps, wasKept };
};

test('whoever asks first waits for the first answer, and that is kept', async () => {
  const { issuer, url } = await openPage(good);
  const { metadata, keeps, wasKept } = open(issuer);
  expect(await metadata.current(patience())).toEqual({
    ...{ issuer, tokenEndpoint: `${url}/token`, keysAt: `${url}/jwk` },
  });
  await wasKept;
  expect(keeps).toEqual([{ issuer, token_endpoint: `${url}/token`, jwks_uri: `${url}/jwk` }]);
});

test('while the page is down the last known good is used', async () => {
  const { issuer } = await openPage(undefined);
  const { metadata } = open(issuer, { issuer, token_endpoint: `${issuer}kept` });
  expect(await metadata.current(patience())).toMatchObject({ tokenEndpoint: `${issuer}kept` });
  expect(metadata.state()).toMatchObject({ source: 'kept' });
});

test('when nothing was ever known nobody waits longer than the first answer', async () => {
  const { issuer } = await openPage(undefined);
  const { metadata } = open(issuer, undefined, { firstMs: 60_000 });
  expect(await metadata.current(patience())).toBeUndefined();
  expect(metadata.state().failedAt).toBeInstanceOf(Date);
});

test('a page that hangs is waited for only briefly', async () => {
  const { url } = await openServer(() => undefined);
  const { metadata } = open(`${url}/`, undefined, { firstMs: 30 });
  expect(await metadata.current(patience())).toBeUndefined();
});

test('after an outage it is looked at again in the background', async () => {
  const { issuer, looked } = await openPage(undefined, good);
  const { metadata, wasKept } = open(issuer, undefined, { failedMs: 1 });
  await looked();
  await wasKept;
  expect(await metadata.current(patience())).toMatchObject({ issuer });
});

test('an outage later on changes nothing', async () => {
  const { issuer, looked } = await openPage(good, undefined);
  const { metadata } = open(issuer, undefined, { goodMs: 1, failedMs: 60_000 });
  await metadata.current(patience());
  await looked();
  expect(await metadata.current(patience())).toMatchObject({ issuer });
});

test.each<[string, (url: string) => object]>([
  ['another issuer', (url) => ({ ...good(url), issuer: 'https://maskinporten.no/' })],
  ['the issuer without its slash', (url) => ({ ...good(url), issuer: url })],
  ['a token endpoint on another host', (url) => ({ ...good(url), token_endpoint: 'https://evil.example/token' })],
  ['keys on another host', (url) => ({ ...good(url), jwks_uri: 'https://evil.example/jwk' })],
  ['a token endpoint on another port', (url) => ({ ...good(url), token_endpoint: 'http://127.0.0.1:1/token' })],
  ['no token endpoint', (url) => ({ issuer: `${url}/` })],
])('a page that names %s is not believed', async (_name, page) => {
  const { issuer } = await openPage(page);
  const { metadata, keeps } = open(issuer);
  expect(await metadata.current(patience())).toBeUndefined();
  expect(keeps).toEqual([]);
});

test('what was kept for another issuer is not used', async () => {
  const { issuer } = await openPage(undefined);
  const kept = { issuer: 'https://test.maskinporten.no/', token_endpoint: 'https://test.maskinporten.no/token' };
  expect(await open(issuer, kept).metadata.current(patience())).toBeUndefined();
});
