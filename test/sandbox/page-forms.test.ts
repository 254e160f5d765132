import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openNeighbour } from './neighbour.ts';
import { openVisitor } from './visitor.ts';

const ui = '/altinn3/accessmanagement/ui/consent';

/** The page as a browser without scripts would use it: forms and a cookie. */
const openVisit = async (query = '') => {
  const neighbour = await openNeighbour();
  const id = randomUUID();
  await neighbour.create(await neighbour.token(), neighbour.requestBody({ id }));
  const visit = openVisitor(neighbour.url);
  const open = () => visit('GET', `${ui}/request?id=${id}${query}`);
  const signIn = async () => {
    const [, uuid = ''] = /value="([0-9a-f-]{36})" id="p-/.exec((await open()).text) ?? [];
    const signedIn = await visit('POST', `${ui}/sign-in`, { id, person: uuid });
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec((await open()).text) ?? [];
    return { csrf, signedIn };
  };
  return { ...neighbour, id, visit, open, signIn };
};

test('the session cookie is out of scripts’ reach, and no page may run one', async () => {
  const { signIn, open } = await openVisit();
  const { signedIn } = await signIn();
  expect(signedIn.status).toBe(303);
  expect(signedIn.set).toMatch(/; path=\/altinn3\/; samesite=lax; httponly$/i);
  const { headers, text } = await open();
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(text).not.toContain('<script');
});

test('an answer without the form’s own token changes nothing', async () => {
  const { signIn, visit, id, control } = await openVisit();
  const { csrf } = await signIn();
  for (const form of [
    { id, answer: 'accept' },
    { id, answer: 'accept', csrf: 'x'.repeat(csrf.length) },
  ]) {
    expect((await visit('POST', `${ui}/answer`, form)).status).toBe(403);
  }
  expect(await control('GET', `consents/${id}`)).toMatchObject({ body: { status: 'Created' } });
});

test('an answer ends in a 303 to the consumer and signs out', async () => {
  const { signIn, visit, id, open } = await openVisit();
  const { csrf } = await signIn();
  const answered = await visit('POST', `${ui}/answer`, { id, answer: 'accept', csrf });
  expect(answered.status).toBe(303);
  expect(answered.headers.get('location')).toBe('https://bank.example/back?x=1&Status=OK');
  expect((await open()).text).toContain('type="radio"');
});

test('with skiplogout there is a receipt and no redirect', async () => {
  const { signIn, visit, id, open } = await openVisit('&skiplogout=true');
  const { csrf } = await signIn();
  expect((await open()).text).toContain('name="skiplogout" value="true"');
  const answered = await visit('POST', `${ui}/answer`, { id, answer: 'accept', csrf, skiplogout: 'true', lang: 'en' });
  expect(answered.status).toBe(200);
  expect(answered.headers.get('location')).toBeNull();
  expect(answered.text).toContain('Your answer is recorded');
  expect((await open()).text).not.toContain('type="radio"');
});

test('after validTo only a no is offered, and a yes is refused', async () => {
  const { signIn, visit, id, open, clock } = await openVisit();
  const { csrf } = await signIn();
  clock.move(2 * 86_400_000);
  const { text } = await open();
  expect(text).toContain('Fristen for å gi dette samtykket er ute');
  expect(text).not.toContain('value="accept"');
  expect((await visit('POST', `${ui}/answer`, { id, answer: 'accept', csrf })).status).toBe(400);
  const { headers } = await visit('POST', `${ui}/answer`, { id, answer: 'reject', csrf });
  expect(headers.get('location')).toContain('Status=Failed');
});

test('an unknown request is told apart, and what the consumer wrote is never markup', async () => {
  const { visit, create, token, requestBody, control, signIn } = await openVisit();
  const missing = await visit('GET', `${ui}/request?id=${randomUUID()}`);
  expect(missing.status).toBe(404);
  expect(missing.text).toContain('AM-00001');
  await signIn();
  const id = randomUUID();
  const consentRights = [
    {
      action: ['consent'],
      resource: [{ type: 'urn:altinn:resource', value: 'enkelt-samtykke' }],
      metadata: { simpletag: '<i>"\'' },
    },
  ];
  await create(await token(), requestBody({ id, consentRights, requestMessage: { en: '<b>&' } }));
  const { text } = await visit('GET', `${ui}/request?id=${id}`);
  expect(text).toContain('&lt;b&gt;&amp;');
  expect(text).toContain('&lt;i&gt;&quot;&#39;');
  const answered = await control('POST', `consents/${id}/reject`);
  expect(answered.body.redirectTo).toMatch(/Status=Failed/);
});
