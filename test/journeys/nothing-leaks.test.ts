import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'vitest';
import { given, persons } from '../support/given.ts';
import { hubTest, operatorKey, type World } from '../support/hub-test.ts';
import { watchWritten } from './everything-written.ts';

/** A well-formed number that Altinn's register does not know. */
const stranger = '05826590078';
const day = 24 * 60 * 60 * 1000;

/** All that must stand nowhere, by a name that may be printed. */
type Secrets = Map<string, string>;

/** In clear text, as bytes written in hex, and in base64. */
const spellings = (text: string): string[] => [
  text,
  Buffer.from(text).toString('hex'),
  Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -1),
];
const anyToken = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/;

const findingsIn = (secrets: Secrets, seen: Iterable<[string, string]>): string[] => {
  const wanted = [...secrets].map(([name, text]) => [name, spellings(text)] as const);
  const found = new Set<string>();
  for (const [place, text] of seen) {
    if (!place.endsWith('sealed') && anyToken.test(text)) found.add(`a token in ${place}`);
    for (const [name, forms] of wanted) if (forms.some((form) => text.includes(form))) found.add(`${name} in ${place}`);
  }
  return [...found];
};

/** Two clients whose keys are handed over, and keys for everybody. */
const operatorsPart = async ({ call, banks }: World, secrets: Secrets) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'given', alg: 'RS256', use: 'sig' };
  const client = { purpose: 'data', scopes: ['skatteetaten:kravogbetalinger'] };
  const base = '/operator/v1/maskinporten-clients';
  await call('operator', 'POST', base, { ...client, name: 'a', clientId: 'a', key: { jwk } });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const pem = String(other.export({ format: 'pem', type: 'pkcs8' }));
  await call('operator', 'POST', base, { ...client, name: 'b', clientId: 'b', key: { pem, kid: 'given-too' } });
  secrets.set('a private key given as JWK', String(privateKey.export({ format: 'jwk' })['d']));
  secrets.set('a private key given as PEM', String(other.export({ format: 'jwk' })['d']));
  secrets.set('a private key given as PEM, as it was written', pem.split('\n')[3] ?? '');
  const made = await call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/api-keys`, {
    name: 'second',
    scopes: ['consents:read'],
  });
  secrets.set('an API key made meanwhile', String(made.body['key']));
};

/** Everything that goes wrong with a number or a token near. */
const mishaps = async ({ call, receiver, sandbox, url }: World, tell: (answer: object) => void) => {
  const ask = given.ask(`${receiver.url}/done`);
  const post = async (body: unknown, headers?: Record<string, string>) =>
    tell(await call('bank', 'POST', '/v1/consents', body, headers));
  const { two } = persons;
  await post({ ...ask, from: { person: two.replace(/.$/, '0') } });
  await post({ ...ask, from: { person: two, [two]: two } });
  await post({ ...ask, [two]: two });
  await post({ ...ask, reference: `loan ${two}` });
  await post({ ...ask, redirectUrl: `${receiver.url}/done?pnr=${two}` });
  await post({ ...ask, rights: [{ service: 'ske-inntekt', metadata: { fraogmed: two, tilogmed: two, [two]: two } }] });
  await post(`{"from": ${two}`);
  await post(ask, { 'idempotency-key': two });
  const unknown = await call(
    'bank',
    'POST',
    '/v1/consents',
    { ...ask, from: { person: stranger } },
    { prefer: 'wait=20' },
  );
  expect(unknown).toMatchObject({ status: 422, body: { type: '/problems/person-unknown' } });
  tell(unknown);
  await post({ ...ask, from: { person: 'x' }, message: { nb: two } });
  tell(await call('bank', 'GET', `/v1/consents/${two}`));
  tell(await call('bank', 'GET', `/v1/consents?reference=${two}`));
  tell(await call('bank', 'GET', `/v1/consents?reference=%3${two[0]}${two.slice(1)}`));
  tell(await call('bank', 'POST', '/v1/consents/search', { person: two }));
  await fetch(`${url}/callback/${'a'.repeat(22)}?Status=OK&pnr=${two}`);
  await fetch(`${url}/${two}?${two}`, { headers: { authorization: `Bearer ${two}`, 'user-agent': two } });
  // What outside systems say about a number or a token is not repeated either.
  const body = {
    error: 'invalid_grant',
    error_description: `no consent for ${persons.one} in eyJhbGciOiJSUzI1NiJ9.e30.c2ln`,
  };
  await sandbox.fault('create', { kind: 'status', status: 500, body: { ...body, code: 'X', title: persons.one } });
  await sandbox.fault('get', { kind: 'status', status: 400, body: { code: persons.one, detail: persons.one } });
  receiver.answerWith(
    { status: 500, body: `no such person ${persons.one}` },
    { status: 302, headers: { location: `/${two}` } },
  );
};

hubTest('after a whole story, no number, token, key or secret stands where it may not', async (world) => {
  const { call, sandbox, receiver, banks, webhook, logs } = world;
  const written = await watchWritten(world);
  try {
    const answers: string[] = [];
    const tell = (answer: object) => void answers.push(JSON.stringify(answer));
    const secrets: Secrets = new Map([
      ...Object.entries(persons).map(([name, number]): [string, string] => [`person ${name}`, number]),
      ['the stranger', stranger],
      ['the bank’s API key', banks.bank.key],
      ['the insurer’s API key', banks.insurer.key],
      ['the operator’s key', operatorKey],
      ['the webhook secret', webhook.secret.replace('whsec_', '')],
    ]);
    await operatorsPart(world, secrets);
    await mishaps(world, tell);
    const asks = [{}, { from: { person: persons.two } }, { requiredDelegator: { person: persons.one } }];
    const stories = await Promise.all(asks.map((change) => world.ask('bank', { ...change, reference: 'loan' })));
    const [first, second, third] = stories.map(({ id }) => id);
    await world.answer(stories[0]?.approvalUrl ?? '', 'accept');
    await sandbox.person(second ?? '', 'reject');
    await sandbox.advance(20_000);
    await world.becomes('bank', first ?? '', 'accepted');
    const { tokens } = (await call('bank', 'POST', `/v1/consents/${first}/token`)).body as {
      tokens: { token: string }[];
    };
    // What comes has the number in it, since it is about that person; nothing else may.
    expect((await call('bank', 'GET', `/v1/consents/${first}/data/inntekt/%7Bfrom%7D`)).status).toBe(200);
    expect((await call('bank', 'GET', `/v1/consents/${first}/data/inntekt/%7Bfrom%7D?fraOgMed=1999-01`)).status).toBe(
      403,
    );
    tell(await call('bank', 'GET', `/v1/consents/${first}/data/inntekt/${persons.one}`));
    const token = (await call('bank', 'POST', '/v1/tokens', { scope: 'skatteetaten:inntekt' })).body['token'];
    for (const text of [tokens[0]?.token, token]) {
      expect(text).toMatch(anyToken);
      secrets.set(`token ${secrets.size}`, String(text));
    }
    const { body: rotated } = await call('bank', 'POST', `/v1/webhook-endpoints/${webhook.id}/rotate-secret`);
    secrets.set('the new webhook secret', String(rotated['secret']).replace('whsec_', ''));
    await call('bank', 'POST', `/v1/webhook-endpoints/${webhook.id}/test`);
    await receiver.got('ping');
    tell(await call('bank', 'POST', `/v1/consents/${third}/withdraw`));
    tell(await call('bank', 'POST', `/v1/consents/${third}/token`));
    await sandbox.person(first ?? '', 'revoke');
    await sandbox.advance(2 * 60 * 60 * 1000);
    await world.becomes('bank', first ?? '', 'revoked');
    await world.becomes('bank', second ?? '', 'rejected');
    await sandbox.advance(91 * day);
    await world.settled();
    for (const path of ['/v1/consents', '/v1/events', `/v1/webhook-endpoints/${webhook.id}/deliveries`, '/v1/api-keys'])
      tell(await call('bank', 'GET', path));
    for (const path of ['audit', 'queues', 'tenants', 'maskinporten-clients'])
      tell(await call('operator', 'GET', `/operator/v1/${path}?limit=200`));

    const seen: [string, string][] = [
      ...logs.map((line): [string, string] => ['the log', line]),
      ...(await written.all()),
      ...answers.map((text): [string, string] => ['an answer', text]),
      ...receiver.received.map(({ headers, body }): [string, string] => ['a webhook', JSON.stringify([headers, body])]),
      ...receiver.visits
        .filter((visit) => !visit.endsWith(`/${persons.two}`))
        .map((visit): [string, string] => ['an address at the bank', visit]),
      // A data source wants the number in its own addresses.
      ...(await sandbox.calls())
        .filter(({ on }) => on !== 'data')
        .map(({ path }): [string, string] => ['an address outside', path]),
      ['the metrics', await (await fetch(world.metricsUrl)).text()],
    ];
    const places = new Set(seen.map(([place]) => place));
    expect(findingsIn(secrets, seen)).toEqual([]);
    // The search does find what is there, also what was there for a moment only.
    const found = findingsIn(new Map([['the first consent', first ?? '']]), seen);
    const queue = world.engine === 'redis' ? 'redis' : 'bullmq.job data';
    for (const place of [
      'the log',
      'public.consents id',
      'public.outbox subject_id',
      'public.audit target',
      'a webhook',
      queue,
    ])
      expect(found).toContain(`the first consent in ${place}`);
    for (const sealed of [
      'public.consents party_sealed',
      'public.tokens token_sealed',
      'public.maskinporten_keys private_sealed',
    ])
      expect(places).toContain(sealed);
  } finally {
    await written.close();
  }
});
