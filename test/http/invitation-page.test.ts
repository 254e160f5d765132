import { expect } from 'vitest';
import { type InvitationPage, type InvitedStep, languages } from '../../src/domain/invitation.ts';
import { problems } from '../../src/domain/problems.ts';
import type { StepName } from '../../src/domain/readiness.ts';
import { en } from '../../src/http/invitation/words/en.ts';
import { nb } from '../../src/http/invitation/words/nb.ts';
import { nn } from '../../src/http/invitation/words/nn.ts';
import { until } from '../support/until.ts';
import { now, organization } from './given.ts';
import { httpTest } from './http-test.ts';

const secret = 'pXl0-o9Jm1X6mVb0o6c1pQk3v2yJr8sT4uWzAeBdCfE';
const words = { nb, nn, en };

const stepOf = (step: StepName, more: Partial<InvitedStep> = {}): InvitedStep => ({
  step,
  state: 'done',
  mover: 'nobody',
  text: 'what readiness says in English',
  since: now,
  scopes: [],
  knownBy: 'token',
  blocks: false,
  ...more,
});
const pageOf = (steps: InvitedStep[], more: Partial<InvitationPage> = {}): InvitationPage => ({
  expiresAt: new Date('2026-12-24T12:00:00Z'),
  operator: { name: 'Nordlys & Co', orgno: '310149942' },
  tenant: { name: 'Fjordbanken <ASA>', orgno: organization },
  services: [{ service: 'ske-inntekt', dataScope: 'skatteetaten:inntekt', ready: false, steps }],
  delegateLink: 'https://am.ui.altinn.no/accessmanagement/ui/maskinporten#suppliers',
  now,
  texts: {},
  ...more,
});

const delegation = stepOf('consent-administration', {
  state: 'missing',
  mover: 'tenant',
  reason: 'access-not-delegated',
  scopes: ['altinn:consentrequests.write'],
  checkedAt: now,
});

httpTest(
  'the page says in three languages whose move it is, and nothing else can be read out of it',
  async ({ open }) => {
    const owner = {
      mover: 'api-owner',
      reason: 'access-not-granted',
      scopes: ['skatteetaten:inntekt'],
    } satisfies Partial<InvitedStep>;
    const page = pageOf([
      delegation,
      stepOf('data-grant', { state: 'missing', ...owner }),
      stepOf('data-delegation', { state: 'unknown' }),
    ]);
    const seen: boolean[] = [];
    const hub = await open({
      openInvitation: async (_secret, counts) => {
        seen.push(counts);
        return page;
      },
    });
    for (const language of languages) {
      const told = await hub.call('GET', `/invitation/${secret}?lang=${language}`);
      expect(told.status).toBe(200);
      expect(told.text).toContain(`<html lang="${language}">`);
      const { heading, movers, reasons, steps, knownBy, delegating } = words[language];
      const names = {
        operator: 'Nordlys & Co',
        tenant: 'Fjordbanken <ASA>',
        owner: words[language].owners['skatteetaten'] ?? '',
      };
      for (const text of [
        heading(names),
        movers.tenant(names),
        reasons['access-not-delegated']?.(names) ?? '?',
        reasons['access-not-granted']?.(names) ?? '?',
        steps['data-delegation'].waiting?.(names) ?? '?',
        knownBy.token(names),
        delegating.open,
      ])
        expect(told.text).toContain(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
      expect(told.text).not.toMatch(/<ASA>|<script|what readiness says/);
      expect(told.text).toContain(`action="/invitation/${secret}/check?lang=${language}"`);
    }
    const told = await hub.call('GET', `/invitation/${secret}?from=check`);
    expect(seen).toEqual([true, true, true, false]);
    for (const [name, value] of Object.entries({
      'x-robots-tag': 'noindex, nofollow',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    }))
      expect(told.headers.get(name), name).toBe(value);
    expect(told.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    );
    expect(hub.lines.join('')).not.toContain(secret);
  },
);

httpTest.for([
  ['the reader’s choice before all', '?lang=en', 'nn', 'nb', 'en'],
  ['the invitation’s own language', '', 'nn', 'en', 'nn'],
  ['what the browser prefers, where nobody chose', '', undefined, 'en-GB,en;q=0.8', 'en'],
  ['bokmål for Norwegian', '', undefined, 'no', 'nb'],
  ['bokmål for everybody else, and for a language that there is not', '?lang=de', undefined, 'de', 'nb'],
] as const)('%s', async ([, query, language, accepts, shown], { open }) => {
  const hub = await open({ openInvitation: async () => pageOf([delegation], language ? { language } : {}) });
  const headers = { 'accept-language': accepts };
  const told = await hub.call('GET', `/invitation/${secret}${query}`, { headers });
  expect(told.text).toContain(`<html lang="${shown}">`);
});

httpTest(
  'the operator’s own words stand escaped, with their line breaks, and only in their language',
  async ({ open }) => {
    const texts = {
      nb: { heading: 'Hei & velkommen', intro: 'Én <b>linje</b>\nto linjer\n\nNytt avsnitt', closing: 'Ring oss' },
    };
    const hub = await open({ openInvitation: async () => pageOf([delegation], { texts }) });
    const { text } = await hub.call('GET', `/invitation/${secret}?lang=nb`);
    expect(text).toContain('<h1>Hei &amp; velkommen</h1>');
    expect(text).toContain(
      '<p class="lines">Én &lt;b&gt;linje&lt;/b&gt;\nto linjer</p><p class="lines">Nytt avsnitt</p>',
    );
    expect(text).toContain('Ring oss');
    expect((await hub.call('GET', `/invitation/${secret}?lang=nn`)).text).not.toMatch(/velkommen|Ring oss/);
  },
);

httpTest('right after a look the page says when to look again, and has no button', async ({ open }) => {
  const nextCheckAt = new Date(now.getTime() + 42_000);
  const hub = await open({ openInvitation: async () => pageOf([delegation], { nextCheckAt }) });
  const { text } = await hub.call('GET', `/invitation/${secret}?lang=nb`);
  expect(text).toContain('Dere kan sjekke på nytt klokken 09:30:42.');
  expect(text).not.toContain('<form');
});

httpTest('checking again leads back to the page, in its language', async ({ open }) => {
  const hub = await open({ checkInvitation: async () => true });
  const told = await hub.call('POST', `/invitation/${secret}/check?lang=nn`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(told.status).toBe(303);
  expect(told.headers.get('location')).toBe(`/invitation/${secret}?from=check&lang=nn`);
});

httpTest('every link that leads nowhere gets one and the same page', async ({ open }) => {
  const hub = await open();
  const told = await Promise.all([
    ...[secret, 'short', '%00', `${secret}x`].map((one) => hub.call('GET', `/invitation/${one}`)),
    hub.call('POST', `/invitation/${secret}/check`),
  ]);
  for (const { status, text, headers } of told) {
    expect(status).toBe(404);
    expect(text).toBe(told[0]?.text);
    expect(headers.get('x-robots-tag')).toBe('noindex, nofollow');
  }
  for (const text of ['Denne lenken virker ikke', 'Denne lenkja verkar ikkje', 'This link does not work'])
    expect(told[0]?.text).toContain(text);
  expect((await hub.call('GET', '/robots.txt')).text).toContain('Disallow: /invitation/');
});

httpTest('whoever tries link after link is asked to wait, without a look at the database', async ({ open }) => {
  let looks = 0;
  const hub = await open({
    openInvitation: async () => {
      looks += 1;
      return undefined;
    },
  });
  const told: Awaited<ReturnType<typeof hub.call>>[] = [];
  const call = async () => void told.push(await hub.call('GET', `/invitation/${secret}`));
  const refused = await until('some to be refused', async () => {
    await Promise.all(Array.from({ length: 200 }, call));
    const found = told.filter(({ status }) => status === 429);
    return found.length > 0 && found;
  });
  expect(looks).toBe(told.length - refused.length);
  expect(refused[0]?.headers.get('retry-after')).toBe('5');
  expect(refused[0]?.text).toContain('Try again in a moment');
});

httpTest('all languages explain the same answers, among them each that a tenant or an API owner can mend', () => {
  const codes = Object.keys(nb.reasons).sort();
  for (const language of languages) expect(Object.keys(words[language].reasons).sort()).toEqual(codes);
  // Said to who calls the API, and of no step.
  const ofCalls = ['address-not-allowed', 'cannot-be-asked', 'access-request-unanswered'];
  const theirs = Object.entries(problems)
    .filter(([code, { mover }]) => (mover === 'tenant' || mover === 'api-owner') && !ofCalls.includes(code))
    .map(([code]) => code);
  expect(codes).toEqual(expect.arrayContaining(theirs));
});
