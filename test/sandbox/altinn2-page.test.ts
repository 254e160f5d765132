import { expect, test } from 'vitest';
import { answerAsPerson } from '../../src/cli/answer-as-person.ts';
import { bank, openAltinn2Neighbour } from './altinn2-neighbour.ts';
import { openVisitor } from './visitor.ts';

const ui = '/altinn2/ui/AccessConsent';

/** The page as a browser without scripts would use it: forms and a cookie. */
const openVisit = async (changes: object = {}) => {
  const neighbour = await openAltinn2Neighbour();
  const { body } = await neighbour.create(changes);
  const code = String(body.AuthorizationCode);
  const visit = openVisitor(neighbour.url);
  const gui = new URL((body._links as unknown as { gui: { href: string } }).gui.href);
  const open = (query = '') => visit('GET', `${gui.pathname}${gui.search}${query}`);
  const csrfIn = (text: string) => /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
  /** Signs in as the so many-th person there is; answers the page that follows. */
  const signIn = async (person = 0, id = code, path = `${gui.pathname}${gui.search}`) => {
    const { text } = await visit('GET', path);
    const uuid = [...text.matchAll(/value="([0-9a-f-]{36})" id="p-/g)][person]?.[1] ?? '';
    const signedIn = await visit('POST', `${ui}/sign-in`, { id, person: uuid });
    const page = await visit('GET', path);
    return { signedIn, page, csrf: csrfIn(page.text) };
  };
  const status = async () => (await neighbour.control('GET', `altinn2/requests/${code}`)).body.status;
  return { ...neighbour, code, visit, open, signIn, status, csrfIn };
};

test('a request counts as opened once the one who may answer it sees it', async () => {
  const { open, signIn, status, visit } = await openVisit();
  expect((await open()).text).toContain('Syntetisk person');
  expect((await signIn(1)).page.status).toBe(403);
  expect(await status()).toBe('Unopened');
  await visit('POST', `${ui}/sign-out`, {});
  const { page, signedIn } = await signIn();
  expect(signedIn.set).toMatch(/; path=\/altinn2\/; samesite=lax; httponly$/i);
  expect(page.text).toContain('Syntetisk bank ber om samtykke');
  expect(page.text).toContain('Samtykkehuben håndterer forespørselen');
  expect(page.text).toContain('4. februar 2026 kl. 11:00');
  expect(page.text).not.toContain('<script');
  expect(await status()).toBe('Opened');
});

test('yes and no end in a redirect and signed out', async () => {
  for (const [answer, expected, end] of [
    ['accept', 'Accepted', 'AuthorizationCode={code}&Status=OK'],
    [
      'reject',
      'Rejected',
      'Status=Failed&ErrorMessage=User%2520did%2520not%2520give%2520consent&FailedAuthorizationCode={code}',
    ],
  ] as const) {
    const { signIn, visit, code, status, open } = await openVisit();
    const { csrf } = await signIn();
    const answered = await visit('POST', `${ui}/answer`, { id: code, answer, csrf });
    expect(answered.status).toBe(303);
    expect(answered.location).toBe(`https://hub.example/callback/x1?${end.replace('{code}', code)}`);
    expect(await status()).toBe(expected);
    expect((await open()).text).toContain('type="radio"');
    const again = await signIn();
    expect(again.page.text).toContain('allerede besvart');
    expect(again.page.text).toContain(end.replace('{code}', code).replaceAll('&', '&amp;'));
  }
});

test('who closes the page has not answered, and can come back', async () => {
  const { signIn, visit, code, status } = await openVisit();
  const { csrf } = await signIn();
  const closed = await visit('POST', `${ui}/answer`, { id: code, answer: 'close', csrf });
  expect([closed.status, closed.location]).toEqual([200, null]);
  expect(await status()).toBe('Opened');
  const again = await signIn();
  await visit('POST', `${ui}/answer`, { id: code, answer: 'accept', csrf: again.csrf });
  expect(await status()).toBe('Accepted');
});

test('the language is a parameter, and the message comes in it', async () => {
  const { signIn, open, visit, csrfIn } = await openVisit({
    RequestResources: [{ ServiceCode: '4629', ServiceEditionCode: 2, Metadata: { inntektsaar: '<2024>' } }],
    RequestMessage: { 'no-nb': 'Vi trenger <b>tallene</b>', en: 'We need the figures' },
  });
  await signIn();
  expect((await open()).text).toContain('Vi trenger &lt;b&gt;tallene&lt;/b&gt;');
  const { text } = await open('&languageCode=en');
  expect(text).toContain('lang="en"');
  expect(text).toContain('We need the figures');
  expect(text).toContain('&lt;2024&gt;');
  expect(csrfIn(text)).not.toBe('');
  expect(text).toContain('name="languageCode" value="en"');
  expect((await visit('GET', `${ui}/request?id=unknown&languageCode=en`)).text).toContain('We cannot find the request');
});

test('an answer without the form’s own token, or after ValidTo, is refused', async () => {
  const { signIn, visit, code, status, clock } = await openVisit();
  const { csrf } = await signIn();
  const answer = (form: Record<string, string>) => visit('POST', `${ui}/answer`, { id: code, ...form });
  expect((await answer({ answer: 'accept' })).status).toBe(403);
  expect((await answer({ answer: 'accept', csrf: 'x'.repeat(csrf.length) })).status).toBe(403);
  clock.move(2 * 86_400_000);
  expect((await answer({ answer: 'accept', csrf })).status).toBe(400);
  expect(await status()).toBe('Opened');
  expect((await answer({ answer: 'reject', csrf })).status).toBe(303);
});

test('the portal shows what is meant to be shown there; answers from it lead nowhere else', async () => {
  const { signIn, visit, code, created, status, control } = await openVisit({ PortalViewMode: 'Show' });
  const hidden = await created();
  const { page } = await signIn(0, '', ui);
  expect(page.text).toContain(`${ui}/request?id=${code}&amp;portal=true`);
  expect(page.text).not.toContain(hidden);
  const { text } = await visit('GET', `${ui}/request?id=${code}&portal=true`);
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(text) ?? [];
  const answered = await visit('POST', `${ui}/answer`, { id: code, answer: 'accept', csrf, portal: 'true' });
  expect([answered.status, answered.location]).toEqual([200, null]);
  expect(answered.text).toContain('Svaret ditt er registrert');
  expect(answered.text).not.toContain('hub.example');
  expect(await status()).toBe('Accepted');

  // And taken back there.
  expect((await visit('GET', ui)).text).toContain('Trekk tilbake');
  const revoked = await visit('POST', `${ui}/revoke`, { id: code, csrf });
  expect([revoked.status, revoked.location]).toEqual([303, ui]);
  expect((await visit('GET', ui)).text).not.toContain('Trekk tilbake');
  expect((await control('GET', `altinn2/requests/${code}`)).body).toMatchObject({
    status: 'Accepted',
    ended: 'revoked',
  });
});

test('a required delegator alone may answer, for an organisation its managers, and sessions stay where registered', async () => {
  const organization = { OfferedBy: '910514318', OfferedByName: 'Syntetisk foretak' };
  const { signIn, visit, code, control, create, status } = await openVisit(organization);
  await control('PUT', `altinn2/srr/4628_210607/${bank}`, { keepSessionAlive: true });
  const { csrf, page } = await signIn(0);
  expect(page.text).toContain('Du svarer på vegne av Syntetisk foretak');
  await visit('POST', `${ui}/answer`, { id: code, answer: 'accept', csrf });
  expect(await status()).toBe('Accepted');
  // Still signed in; but this one is another's to answer.
  const delegator = { RequiredDelegator: '03867199348', RequiredDelegatorName: 'Lippe' };
  const { body } = await create({ ...organization, ...delegator });
  const other = await visit('GET', `${ui}/request?id=${body.AuthorizationCode}`);
  expect(other.status).toBe(403);
  expect(other.text).toContain('Syntetisk person 1');
});

test('what answers for a person in the demo can do it here', async () => {
  const { code, url, status } = await openVisit({ RedirectUrl: 'http://127.0.0.1:1/back' });
  const back = answerAsPerson(`${url}${ui}/request?id=${code}`, '259229*****', 'accept');
  await expect(back).rejects.toThrow('fetch failed');
  expect(await status()).toBe('Accepted');
});
