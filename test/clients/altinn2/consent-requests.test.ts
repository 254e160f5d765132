import { describe, expect, test } from 'vitest';
import { randomIds } from '../../../src/lib/ids.ts';
import { operatorApiKey } from '../../../src/sandbox/altinn2/first-services.ts';
import type { ListedRequest, Submission } from '../../../src/usecases/altinn-port.ts';
import { nationalNumber } from '../../support/not-for-logs.ts';
import { problemOf } from '../maskinporten/given-client.ts';
import { bank, department, operator, patience } from '../neighbour.ts';
import { asked, months, openAltinn2, requestScopes, tokenScopes, year } from './given-altinn2.ts';

const secrets = [nationalNumber, /eyJ|Nordmann|\/callback/i];

test('a request is made, answered and read; its code is Altinn’s, and its page as well', async () => {
  const { client, token, submit, does } = await openAltinn2();
  const made = await submit({ rights: [year, months] });
  expect(made).toEqual({
    id: expect.stringMatching(/^[\da-f-]{36}$/),
    status: 'Created',
    approvalUrl: expect.stringMatching(new RegExp(`/ui/AccessConsent/request\\?id=${made.id}$`)),
  });
  await does(made.id, 'open');
  expect(await client.read(made.id, token, patience())).toEqual(made);
  await does(made.id, 'accept');
  const before = Date.now();
  const accepted = await client.read(made.id, token, patience());
  expect(accepted).toEqual({ ...made, status: 'Accepted', consentedAt: expect.any(Date) });
  // Oslo's clock was read as Oslo's.
  expect(Math.abs((accepted.consentedAt?.getTime() ?? 0) - before)).toBeLessThan(60_000);
  const { id } = await submit();
  await does(id, 'reject');
  expect(await client.read(id, token, patience())).toMatchObject({ status: 'Rejected' });
});

test('what is sent is what the guide says: the operator handles it, and its languages have Altinn 2’s names', async () => {
  const { submit, calls } = await openAltinn2();
  await submit({
    from: { organization: '910514318' },
    fromName: 'Syntetisk foretak',
    requiredDelegator: { person: '23886799519' },
    requiredDelegatorName: 'Hansen',
    validTo: new Date('2031-03-30T02:30:00.123Z'),
    message: { nb: 'Hei', nn: 'Hei du', en: 'Hello' },
  });
  const [call] = await calls('altinn2-create');
  expect(call).toMatchObject({
    path: '/altinn2/api/consentRequests',
    headers: { accept: 'application/hal+json', 'content-type': 'application/json', connection: 'close' },
    body: {
      CoveredBy: bank,
      HandledBy: operator,
      OfferedBy: '910514318',
      OfferedByName: 'Syntetisk foretak',
      RequiredDelegatorName: 'Hansen',
      ValidTo: '2031-03-30T02:30:00.123Z',
      RedirectUrl: 'http://localhost:3000/callback/state',
      RequestResources: [{ ServiceCode: '4629', ServiceEditionCode: 2, Metadata: { inntektsaar: '2024' } }],
      RequestMessage: { 'no-nb': 'Hei', 'no-nn': 'Hei du', en: 'Hello' },
      PortalViewMode: 'Hide',
    },
  });
});

test.each<[string, Partial<Submission>, string]>([
  ['a name that is another’s', { fromName: 'Olsen' }, 'name-not-matched'],
  ['a person nobody knows', { from: { person: '15871200022' } }, 'name-not-matched'],
  ['an end in the past', { validTo: new Date('2020-01-01T00:00:00Z') }, 'altinn-refused'],
  ['a missing metadata value', { rights: [{ resource: '4629_2', metadata: {} }] }, 'altinn-refused'],
  [
    'a message where the template has its own',
    { rights: [{ resource: '4628_210607', metadata: { inntektsaar: '2024' } }], message: { nb: 'Hei' } },
    'altinn-refused',
  ],
  ['an unknown service', { rights: [{ resource: '9999_1', metadata: {} }] }, 'resource-unknown'],
  ['a way back to another host', { redirectUrl: 'https://elsewhere.example/callback/state' }, 'callback-not-allowed'],
  [
    'several faults, of which the one that lasts longest counts',
    { redirectUrl: 'https://elsewhere.example/callback/state', fromName: 'Olsen' },
    'name-not-matched',
  ],
  ['another tenant’s number', { to: department }, 'token-unexpected'],
])('%s is refused', async (_name, changes, code) => {
  const { submit, lines, requests } = await openAltinn2();
  const problem = await problemOf(submit(changes));
  expect(problem.code).toBe(code);
  const told = `${problem.message}${JSON.stringify(problem.more)}${lines.join()}`;
  for (const secret of secrets) expect(told).not.toMatch(secret);
  expect(await requests()).toHaveLength(0);
});

test('what Altinn says of a fault is passed on, without what it repeats of ours', async () => {
  const { submit } = await openAltinn2();
  const problem = await problemOf(submit({ validTo: new Date('2020-01-01T00:00:00Z') }));
  expect(problem.detail).toBe(
    'Altinn 2 finds a fault in the request. It says: “ValidTo must be in the future” (19023).',
  );
});

test.each<[string, Partial<Submission>, string]>([
  ['no name', { fromName: ' ' }, 'name-missing'],
  ['no name of who must answer', { requiredDelegator: { person: '23886799519' } }, 'name-missing'],
  ['a service of Altinn 3', { rights: [{ resource: 'ske-inntekt', metadata: {} }] }, 'resource-unknown'],
])('with %s nothing is sent', async (_name, changes, code) => {
  const { submit, calls } = await openAltinn2();
  expect((await problemOf(submit(changes))).code).toBe(code);
  expect(await calls('altinn2-create')).toHaveLength(0);
});

test('who is not in the rights register is told whose move it is', async () => {
  const { submit, control } = await openAltinn2();
  const rights = [{ resource: '4628_210607', metadata: { inntektsaar: '2024' } }];
  expect(await submit({ rights })).toMatchObject({ status: 'Created' });
  await control('DELETE', `altinn2/srr/4628_210607/${bank}`);
  const problem = await problemOf(submit({ rights }));
  expect(problem).toMatchObject({ code: 'not-on-access-list', more: { byWording: true } });
  expect(problem.detail).toContain(bank);
});

test('a token without the scope is told from a key that Altinn does not know, and from no key', async () => {
  const { client, tokenFor, submit, control } = await openAltinn2();
  const readOnly = await tokenFor(['altinn:consentrequests.read']);
  expect((await problemOf(client.submit(asked(), readOnly, patience()))).code).toBe('client-scope-missing');
  await control('DELETE', `altinn2/api-keys/${operatorApiKey}`);
  expect((await problemOf(submit())).code).toBe('altinn-key-refused');
  const { submit: withoutKey, calls } = await openAltinn2({ apiKey: undefined });
  expect((await problemOf(withoutKey())).code).toBe('altinn2-not-set-up');
  expect(await calls('altinn2-create')).toHaveLength(0);
});

test('a token that has ended is asked for anew by whoever called', async () => {
  const { submit, clock, client, token } = await openAltinn2();
  const { id } = await submit();
  clock.move(600_000);
  // Each is begun when its turn comes: one that fails while nobody waits for it yet is an error of its own.
  for (const trying of [() => submit(), () => client.read(id, token, patience())])
    expect(await problemOf(trying())).toMatchObject({
      code: 'altinn-not-authorised',
      detail: 'Altinn 2 says that our token has ended.',
    });
});

test('an unknown code, and another’s, are refused on reading', async () => {
  const { client, token, tokenFor } = await openAltinn2();
  expect((await problemOf(client.read(randomIds.uuid(), token, patience()))).code).toBe('altinn-refused');
  expect((await problemOf(client.read(randomIds.uuid(), await tokenFor(tokenScopes), patience()))).code).toBe(
    'client-scope-missing',
  );
  expect((await problemOf(client.read('../../elsewhere', token, patience()))).code).toBe('altinn-refused');
});

test('an unanswered request is taken back, an answered one stays', async () => {
  const { client, token, submit, accepted, requests } = await openAltinn2();
  const { id } = await submit();
  await client.withdraw(id, token, patience());
  expect(await requests()).toHaveLength(0);
  const given = await accepted();
  for (const code of [id, given])
    expect((await problemOf(client.withdraw(code, token, patience()))).code).toBe('altinn-refused');
});

describe('the list', () => {
  const all = async ({ client, token }: Awaited<ReturnType<typeof openAltinn2>>, from?: string) => {
    const pages: ListedRequest[][] = [];
    let next = from;
    for (;;) {
      const page = await client.list(next, token, patience());
      if (page.next === undefined) return { pages, next };
      pages.push(page.requests);
      next = page.next;
    }
  };

  test('goes on behind what was seen, and shows again what changed', async () => {
    const altinn = await openAltinn2();
    const { submit, does, control } = altinn;
    await control('POST', 'settings', { altinn2PageSize: 2 });
    const made = [
      await submit(),
      await submit(),
      await submit({ redirectUrl: 'http://localhost:3000/callback/third' }),
    ];
    const { pages, next } = await all(altinn);
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[made[0]?.id, made[1]?.id], [made[2]?.id]]);
    expect(pages[1]?.[0]).toEqual({
      ...made[2],
      redirectUrl: 'http://localhost:3000/callback/third',
      changedAt: expect.any(Date),
    });
    await does(made[0]?.id ?? '', 'accept');
    const { pages: later } = await all(altinn, next);
    expect(later).toMatchObject([[{ id: made[0]?.id, status: 'Accepted' }]]);
  });

  test('begins at any time, and leaves out what came long before', async () => {
    const { submit, client, clock, tokenFor } = await openAltinn2();
    await submit();
    clock.move(3 * 3_600_000);
    const token = await tokenFor(requestScopes);
    const after = clock.now();
    const validTo = new Date(after.getTime() + 86_400_000);
    const { id } = await client.submit(asked({ validTo }), token, patience());
    const { requests } = await client.list({ after }, token, patience());
    expect(requests.map((one) => one.id)).toEqual([id]);
  });

  test('holds the token’s consumer’s requests alone', async () => {
    const altinn = await openAltinn2();
    await altinn.submit();
    await altinn.control('DELETE', 'altinn2/requests');
    expect(await altinn.client.list(undefined, altinn.token, patience())).toEqual({ requests: [] });
  });

  test('cannot be read with a key that Altinn does not know, nor from a place that is none', async () => {
    const { client, token, control, tokenFor } = await openAltinn2();
    expect((await problemOf(client.list('nowhere', token, patience()))).code).toBe('altinn-refused');
    const writeOnly = await tokenFor(requestScopes.slice(1));
    expect((await problemOf(client.list(undefined, writeOnly, patience()))).code).toBe('client-scope-missing');
    await control('DELETE', `altinn2/api-keys/${operatorApiKey}`);
    expect((await problemOf(client.list(undefined, token, patience()))).code).toBe('altinn-key-refused');
  });
});

test.each([
  { kind: 'html', status: 503 },
  { kind: 'html', status: 403 },
  { kind: 'html', status: 200 },
  { kind: 'html', status: 302 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 408 },
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'after' },
  { kind: 'reset', when: 'late', lateMs: 1000 },
])('after $kind $status $when nobody knows what became of a create', async (fault) => {
  const { submit, fail } = await openAltinn2();
  await fail('altinn2-create', fault);
  expect((await problemOf(submit())).code).toBe('altinn-unavailable');
});

test('told to wait we know that nothing was taken', async () => {
  const { submit, fail } = await openAltinn2();
  await fail('altinn2-create', { kind: 'status', status: 429, retryAfter: 7 });
  expect(await problemOf(submit())).toMatchObject({ code: 'altinn-busy', more: { retryAfterSeconds: 7 } });
});
