import { expect, test } from 'vitest';
import { dataScope, department, openNeighbour, operator, readScope, writeScope } from './neighbour.ts';
import { openVisitor } from './visitor.ts';

const ui = '/altinn3/accessmanagement/ui/maskinporten';
const resource = 'sandbox-samtykkeforesporsler';

/** The page as a browser without scripts would use it, on behalf of an organisation that has delegated nothing. */
const openVisit = async () => {
  const neighbour = await openNeighbour();
  const visit = openVisitor(neighbour.url);
  const signedIn = await visit('POST', `${ui}/sign-in`, { organization: department, lang: 'en' });
  const { text } = await visit('GET', `${ui}?lang=en`);
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(text) ?? [];
  const send = (action: string, change: Record<string, string> = {}) =>
    visit('POST', `${ui}/${action}`, { lang: 'en', csrf, resource, supplier: operator, ...change });
  const asked = async (scope: string) => (await neighbour.ask({ consumer_org: department, scope })).status;
  return { ...neighbour, visit, signedIn, send, asked };
};

test('what is delegated there opens the door at Maskinporten at once, and what is taken back shuts it', async () => {
  const { send, asked, signedIn, visit } = await openVisit();
  expect(signedIn.set).toMatch(/^sandbox_administrator=[^;]+; path=\/altinn3\/; samesite=lax; httponly$/i);
  expect(await asked(writeScope)).toBe(403);
  const delegated = await send('delegate', { supplier: '310 149 942' });
  expect(delegated).toMatchObject({ status: 200 });
  expect(delegated.text).toContain('Administer consent requests is delegated to Samtykkehuben.');
  // A resource is delegated with all its scopes, and no other's.
  expect([await asked(writeScope), await asked(readScope), await asked(dataScope)]).toEqual([200, 200, 403]);
  expect((await visit('GET', `${ui}?lang=en`)).text).toContain(
    'Withdraw Administer consent requests from Samtykkehuben',
  );
  await send('withdraw');
  expect([await asked(writeScope), await asked(readScope)]).toEqual([403, 403]);
});

test.each([
  ['another’s form', { csrf: 'x'.repeat(32) }, 403, 'too old'],
  ['a resource that cannot be delegated', { resource: 'enkelt-samtykke' }, 400, 'AM-00027'],
  ['a number that is none', { supplier: '310149943' }, 400, 'no organisation number'],
  ['a supplier that nobody knows', { supplier: '314000005' }, 400, 'AM-00023'],
  ['itself as its supplier', { supplier: department }, 400, 'cannot delegate to itself'],
])('%s is refused, and changes nothing', async (_, change, status, text) => {
  const { send, asked } = await openVisit();
  const told = await send('delegate', change);
  expect(told.status).toBe(status);
  expect(told.text).toContain(text);
  expect(await asked(writeScope)).toBe(403);
});

test('whoever comes for nobody chooses an organisation first, and the short address leads there too', async () => {
  const { url } = await openNeighbour();
  const visit = openVisitor(url);
  expect(await visit('GET', '/sandbox/admin')).toMatchObject({ status: 303, location: `${ui}#suppliers` });
  const { text, headers } = await visit('GET', ui);
  expect(text).toContain(`<option value="${department}">Testdepartement (${department})</option>`);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  await visit('POST', `${ui}/sign-in`, { organization: '314000005' });
  expect((await visit('GET', ui)).text).toContain('Velg virksomhet');
});
