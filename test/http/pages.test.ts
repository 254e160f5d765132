import { expect } from 'vitest';
import { problems } from '../../src/domain/problems.ts';
import { httpTest } from './http-test.ts';

const state = 'kP3vQx1Zr8mN5tYw2LbC7A';
const back = (address: string, kind: 'web' | 'app') => ({ returnFromAltinn: async () => ({ address, kind }) });

httpTest.for(Object.keys(problems))('the problem %s can be read, by people and by programs', async (code, { open }) => {
  const hub = await open();
  const page = await hub.call('GET', `/problems/${code}`, { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.text).toContain(`<code>${code}</code>`);
  const json = await hub.call('GET', `/problems/${code}`, { headers: { accept: 'application/json' } });
  expect(json).toMatchObject({ status: 200, body: { type: `/problems/${code}`, code } });
});

httpTest('all problems are listed, an unknown one is not there', async ({ open }) => {
  const hub = await open();
  const list = await hub.call('GET', '/problems', { headers: { accept: 'text/html' } });
  for (const code of Object.keys(problems)) expect(list.text).toContain(`href="/problems/${code}"`);
  expect((await hub.call('GET', '/problems')).body.items).toHaveLength(Object.keys(problems).length);
  expect(await hub.call('GET', '/problems/constructor')).toMatchObject({ status: 404 });
});

httpTest('the process says that it lives, and whether it can work', async ({ open }) => {
  const well = await open();
  expect(await well.call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await well.call('GET', '/readyz')).toMatchObject({ status: 200, body: { checks: { database: 'ok' } } });
  const ill = await open({}, { checks: async () => ({ database: 'ok', queues: 'Redis does not answer' }) });
  const told = await ill.call('GET', '/readyz');
  expect(told).toMatchObject({
    status: 503,
    body: { status: 'not-ready', checks: { queues: 'Redis does not answer' } },
  });
  expect(told.headers.get('retry-after')).toBe('5');
  expect(await ill.call('GET', '/healthz')).toMatchObject({ status: 200 });
});

httpTest('the documentation is served from here, without inline script', async ({ open }) => {
  const hub = await open();
  const docs = await hub.call('GET', '/docs');
  expect(docs.headers.get('content-security-policy')).toMatch(/script-src 'self';/);
  expect(docs.text).not.toMatch(/<script>|https?:\/\//);
  for (const [, file] of docs.text.matchAll(/(?:src|href)="([^"]+)"/g))
    expect((await hub.call('GET', file ?? '')).status, file).toBe(200);
  expect(docs.headers.get('cache-control')).toBe('no-store');
  expect(await hub.call('GET', '/docs/package.json')).toMatchObject({ status: 404 });
  expect(await hub.call('GET', '/docs/..%2fpackage.json')).toMatchObject({ status: 404 });
});

httpTest(
  'what the documentation is made of is kept by browsers under its version, and asked for again under any other',
  async ({ open }) => {
    const hub = await open();
    const docs = await hub.call('GET', '/docs');
    const files = [...docs.text.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files).toHaveLength(3);
    for (const file of files) {
      const kept = await hub.call('GET', file);
      expect(kept.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect((await hub.call('GET', file.replace(/\?.*/, '?v=older'))).headers.get('cache-control')).toBe('no-store');
      expect((await hub.call('GET', file.replace(/\?.*/, ''))).headers.get('cache-control')).toBe('no-store');
    }
  },
);

httpTest('a browser back from Altinn goes on to the tenant, whatever Altinn added', async ({ open }) => {
  const states: string[] = [];
  const hub = await open({
    returnFromAltinn: async (given) => {
      states.push(given);
      return { address: 'https://bank.example/done?consent=1&status=accepted', kind: 'web' };
    },
  });
  const told = await hub.call('GET', `/callback/${state}?Status=Failed&x=25922947409`);
  expect(told.status).toBe(303);
  expect(told.headers.get('location')).toBe('https://bank.example/done?consent=1&status=accepted');
  expect(told.headers.get('referrer-policy')).toBe('no-referrer');
  expect(told.headers.get('cache-control')).toBe('no-store');
  expect(states).toEqual([state]);
  expect(hub.lines.join('')).not.toContain(state);
  expect(hub.lines.join('')).toContain('/callback/:state');
});

httpTest.for([
  ['nb-NO,nb;q=0.9', 'nb', 'Tilbake til appen'],
  ['nn', 'nn', 'halde fram'],
  ['en-GB,en;q=0.5', 'en', 'Back to the app'],
  ['de', 'nb', 'Tilbake til appen'],
])('an app gets a page with a button (%s)', async ([language, lang, text], { open }) => {
  const hub = await open(back('no.bank.app://done?consent=1&status=accepted&x="><script>', 'app'));
  const told = await hub.call('GET', `/callback/${state}`, { headers: { 'accept-language': language ?? '' } });
  expect(told).toMatchObject({ status: 200 });
  expect(told.text).toContain(`<html lang="${lang}">`);
  expect(told.text).toContain(text);
  expect(told.text).toContain('href="no.bank.app://done?consent=1&amp;status=accepted&amp;x=&quot;&gt;&lt;script&gt;"');
  expect(told.text).not.toContain('<script');
  expect(told.headers.get('content-security-policy')).not.toContain('script-src');
});

httpTest('an unknown return gets a friendly page that tells nothing', async ({ open }) => {
  const hub = await open();
  for (const path of [`/callback/${state}`, '/callback/short', '/callback/%00']) {
    const told = await hub.call('GET', path);
    expect(told.status).toBe(404);
    expect(told.text).toContain('Denne lenken virker ikke');
    expect(told.text).toContain('This link does not work');
  }
});

httpTest('no browser is ever sent to a script or a file', async ({ open }) => {
  for (const address of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])
    expect(await (await open(back(address, 'app'))).call('GET', `/callback/${state}`)).toMatchObject({ status: 404 });
});
