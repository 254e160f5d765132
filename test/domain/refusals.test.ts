import { describe, expect, test } from 'vitest';
import { fateOf, keptProblem } from '../../src/domain/problem.ts';
import { type AltinnCall, altinnRefusal, maskinportenRefusal, stoppedFor } from '../../src/domain/refusals.ts';

const bank = '313876144';
const operator = '310149942';
const scope = 'altinn:consentrequests.write';
const call = { scopes: [scope], consumer: bank, operator };
const trace = '(trace_id: 493f1671fdc2eef443fd443a88e052ea)';
const login = 'Invalid assertion. Client authentication failed.';

const maskinporten = (status: number, error: string, text: string, code?: string) =>
  maskinportenRefusal(
    {
      status,
      body: {
        error,
        error_description: `${text} ${trace}`,
        ...(code && { error_uri: `https://test.maskinporten.no/errors/${code}` }),
      },
    },
    call,
  );

/** The code, or none where none was ever seen; every wording that was seen; class and problem. */
const seen: [string | undefined, string, string[], string, string][] = [
  ['MP-011', 'invalid_request', ['Invalid assertion. Invalid parameter value'], 'us', 'maskinporten-refused'],
  [
    'MP-012',
    'invalid_grant',
    ['Grant is used before', 'Invalid assertion. Grant is used before'],
    'again-now',
    'maskinporten-unavailable',
  ],
  [
    'MP-100',
    'invalid_grant',
    [`${login} (Client not found)`, `${login} Client not found`],
    'operator',
    'client-refused',
  ],
  ['MP-110', 'invalid_grant', [`${login} Invalid JWT claim aud.`], 'operator', 'client-refused'],
  ['MP-120', 'invalid_grant', [`${login} The JWT is signed with an invalid certificate.`], 'operator', 'key-refused'],
  ['MP-121', 'invalid_grant', [`${login} Expired key.`], 'operator', 'key-refused'],
  [
    'MP-122',
    'invalid_grant',
    [
      `${login} Invalid JWT. Invalid organization number for client. Does not match certificate orgno`,
      'Invalid JWT. Invalid organization number for client. Does not match certificate orgno',
    ],
    'operator',
    'key-refused',
  ],
  ['MP-123', 'invalid_grant', ['Invalid JWT header x5c', `${login} Invalid JWT header x5c`], 'operator', 'key-refused'],
  ['MP-124', 'invalid_grant', [`${login} Invalid JWT signature.`], 'operator', 'key-refused'],
  [
    'MP-130',
    'invalid_grant',
    ['JWT is expired', 'JWT has expired.', `${login} JWT has expired.`],
    'again-now',
    'clock-wrong',
  ],
  [
    'MP-200',
    'invalid_scope',
    [`Token request contains invalid scopes for client, ${scope}`],
    'operator',
    'client-scope-missing',
  ],
  [
    'MP-201',
    'invalid_scope',
    ['Token request contains scopes not allowed for maskinporten'],
    'operator',
    'client-scope-missing',
  ],
  [
    'MP-250',
    'forbidden',
    [`Consumer has not been granted access to the scope ${scope}.`],
    'api-owner',
    'access-not-granted',
  ],
  [
    'MP-251',
    'forbidden',
    [`Consumer ${bank} has not delegated access to the scope ${scope} to supplier ${operator}.`],
    'tenant',
    'access-not-delegated',
  ],
  ['MP-301', 'invalid_authorization_details', ['Unknown authorization details type'], 'us', 'maskinporten-refused'],
  [
    'MP-302',
    'invalid_authorization_details',
    ['Unknown fields in the authorization details'],
    'us',
    'maskinporten-refused',
  ],
  [
    'MP-303',
    'invalid_altinn_customer_configuration',
    ['Invalid authorization details values'],
    'final',
    'consent-not-usable',
  ],
  [undefined, 'invalid_grant', [`${login} Unknown key identifier (kid) for client.`], 'operator', 'key-refused'],
  [
    undefined,
    'invalid_grant',
    [`${login} Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided`],
    'operator',
    'key-refused',
  ],
  [
    undefined,
    'invalid_grant',
    ['Issue time is after now', `${login} Issue time is in the future.`],
    'again-now',
    'clock-wrong',
  ],
  [
    undefined,
    'invalid_grant',
    ['JWT has too long lifetime.', `${login} JWT has too long lifetime.`],
    'us',
    'maskinporten-refused',
  ],
  [
    undefined,
    'invalid_request',
    ['Validation of JWT claim failed: The combination consumer_org in claim and delegation scope on client is invalid'],
    'operator',
    'client-not-ours',
  ],
];

describe('Maskinporten', () => {
  test.each(seen)('%s %s is known by its code and by its text', (code, error, texts, kind, problem) => {
    const status = error === 'forbidden' ? 403 : 400;
    for (const text of texts) {
      const wanted = { class: kind, problem: { code: problem, more: { traceId: trace.slice(11, -1) } } };
      expect(maskinporten(status, error, text)).toMatchObject(wanted);
      if (code) expect(maskinporten(status, error, text, code)).toMatchObject(wanted);
    }
    if (code) expect(maskinporten(status, 'invalid_request', 'Words nobody has seen', code).class).toBe(kind);
  });

  test('the older correlation id is quoted too', () => {
    const id = 'a9d3c7de-2b3f-4a0a-9ad5-7a1d8a1f3b21';
    const error_description = `Consumer has not been granted access to the scope ${scope}. (correlation id: ${id})`;
    const { problem } = maskinportenRefusal({ status: 403, body: { error: 'forbidden', error_description } }, call);
    expect(problem).toMatchObject({ code: 'access-not-granted', more: { traceId: id } });
  });

  test('it says who must do what, and names the scope that is meant', () => {
    const text = `Consumer ${bank} has not delegated access to the scope ${scope} to supplier ${operator}.`;
    const body = { error: 'forbidden', error_description: text };
    const asked = { ...call, scopes: ['skatteetaten:inntekt', scope] };
    const { problem } = maskinportenRefusal({ status: 403, body }, asked);
    expect(problem.detail).toBe(
      `An administrator of organisation ${bank} must delegate \`${scope}\` to organisation ${operator} in Altinn.`,
    );
  });

  test('what we sent and it repeats does not say what it refuses', () => {
    const resource = ['https://api.example/(client authentication failed, trace_id: 493f)'];
    const asked = { ...call, scopes: ['bank:expired key'], resource };
    const error_description = `Cannot serve ${resource[0]} with scope bank:expired key.`;
    const { problem } = maskinportenRefusal(
      { status: 400, body: { error: 'invalid_target', error_description } },
      asked,
    );
    expect(problem).toMatchObject({ code: 'maskinporten-refused', more: { traceId: undefined } });
  });

  test('it says where the wording alone told what is refused', () => {
    const text = `${login} Expired key.`;
    expect(maskinporten(400, 'invalid_grant', text).problem.more.byWording).toBe(true);
    expect(maskinporten(400, 'invalid_grant', text, 'MP-121').problem.more.byWording).toBeUndefined();
  });

  test('of a client that is stopped a tenant hears by the scope it asked for, without another’s trace', () => {
    const kept = keptProblem(maskinporten(400, 'invalid_grant', `${login} Expired key.`, 'MP-121').problem);
    expect(kept).toMatchObject({ detail: expect.stringContaining(scope), traceId: expect.any(String) });
    expect(stoppedFor(kept, ['a:b', 'a:c'])).toEqual({
      code: 'key-refused',
      mover: 'operator',
      detail: 'The key was registered more than a year ago. The operator must mend its client that holds `a:b`, `a:c`.',
    });
  });

  test('free text is never repeated', () => {
    const error_description = 'JWT 25922947409 eyJhbGciOiJSUzI1NiJ9.e30.c2ln has expired';
    for (const error of ['invalid_grant', 'something_new']) {
      const { problem } = maskinportenRefusal({ status: 400, body: { error, error_description } }, call);
      expect(JSON.stringify([problem.message, problem.more])).not.toMatch(/25922947409|eyJ/);
    }
  });

  test.each<[number, unknown]>([
    [503, '<!doctype html>'],
    [502, undefined],
    [500, { error: 'server_error' }],
    [429, { error: 'slow_down' }],
    [408, undefined],
    [403, '<html>firewall</html>'],
    [302, undefined],
    [400, []],
    [400, { error: 'temporarily_unavailable' }],
  ])('%s %j is tried again later', (status, body) => {
    const { class: kind, problem } = maskinportenRefusal({ status, body, retryAfterSeconds: 9 }, call);
    expect(kind).toBe('again-soon');
    expect(problem).toMatchObject({ code: 'maskinporten-unavailable', more: { retryAfterSeconds: 9 } });
  });

  test('a refusal that is new to us is ours to look at', () => {
    expect(maskinporten(400, 'invalid_grant', 'Moon in the wrong phase', 'MP-999')).toMatchObject({
      class: 'us',
      problem: { code: 'maskinporten-refused', detail: 'Maskinporten refused our grant (MP-999).' },
    });
    expect(maskinporten(400, 'invalid_grant', `${login} Tide too low`, 'MP-139').problem.code).toBe('client-refused');
    expect(maskinporten(401, 'invalid_client', 'Bad').problem.code).toBe('client-refused');
  });
});

const submit: AltinnCall = { verb: 'submit', to: bank, token: { consumer: bank, scopes: [scope] } };
const altinn = (status: number, body?: unknown, asked = submit) => altinnRefusal({ status, body }, asked);

describe('Altinn', () => {
  test.each<[string, number, string, string]>([
    ['AM-00000', 403, 'final', 'altinn-refused'],
    ['AM-00001', 404, 'final', 'altinn-refused'],
    ['AM-00002', 400, 'final', 'altinn-refused'],
    ['AM-00003', 400, 'final', 'organization-unknown'],
    ['AM-00004', 400, 'final', 'person-unknown'],
    ['AM-00005', 400, 'operator', 'resource-unknown'],
    ['AM-00006', 400, 'final', 'altinn-refused'],
    ['AM-00007', 400, 'final', 'altinn-refused'],
    ['AM-00008', 400, 'final', 'altinn-refused'],
    ['AM-00009', 400, 'final', 'altinn-refused'],
    ['AM-00010', 400, 'final', 'altinn-refused'],
    ['AM-00011', 400, 'final', 'consent-not-usable'],
    ['AM-00012', 400, 'final', 'consent-not-usable'],
    ['AM-00013', 400, 'final', 'consent-not-usable'],
    ['AM-00014', 400, 'final', 'consent-not-usable'],
    ['AM-00015', 400, 'final', 'altinn-refused'],
    ['AM-00016', 400, 'final', 'altinn-refused'],
    ['STD-00000', 400, 'final', 'altinn-refused'],
    ['STD-00001', 500, 'final', 'altinn-refused'],
  ])('%s is %s, whatever its status says', (code, usual, kind, problem) => {
    for (const status of [usual, 500, 422]) {
      expect(altinn(status, { status, code, detail: 'Words change' })).toMatchObject({
        class: kind,
        problem: { code: problem },
      });
    }
  });

  test.each([
    ['AM.VLD-00022', '`validTo` has passed.'],
    ['AM.VLD-00023', 'The consent request holds no rights.'],
    ['AM.VLD-00027', 'The return address is not an absolute one.'],
    ['STD.VLD-00000', 'A right names no action.'],
    ['AM.VLD-99999', 'The consent request is not valid.'],
  ])('validation error %s is told in our words', (code, detail) => {
    const body = { code: 'STD-00000', validationErrors: [{ code, detail: '…', paths: ['ValidTo'] }] };
    expect(altinn(400, body).problem).toMatchObject({ code: 'altinn-refused', detail });
  });

  test('of several problems the one that lasts longest counts', () => {
    const problems = [{ code: 'AM-00005' }, { code: 'AM-00008', key: 'inntektsaar' }];
    expect(altinn(500, { code: 'STD-00001', problems }).problem).toMatchObject({
      code: 'altinn-refused',
      detail: 'The resource wants metadata that was not sent. (`inntektsaar`)',
    });
    expect(altinn(500, { code: 'STD-00001', problems: problems.slice(0, 1) }).problem.code).toBe('resource-unknown');
    const nested = { code: 'STD-00000', validationErrors: [{ code: 'AM.VLD-00022' }] };
    expect(altinn(500, { code: 'STD-00001', problems: [{ code: 'AM-00005' }, nested] }).class).toBe('final');
  });

  test('the metadata name is told, also under its odd member', () => {
    const body = { code: 'AM-00007', 'ConsentRight index: 0, key': 'fraogmed' };
    expect(altinn(400, body).problem.detail).toContain('`fraogmed`');
  });

  test('personal numbers in its answer go nowhere', () => {
    const urn = 'urn:altinn:person:identifier-no:25922947409';
    for (const body of [
      { code: 'AM-00004', fnumber: urn, detail: urn },
      { code: 'AM-00006', key: '25922947409' },
      { code: 'AM-99999', fnumber: urn, detail: urn },
      { errors: { from: [urn] } },
    ]) {
      const { problem } = altinn(400, body);
      expect(JSON.stringify([problem.message, problem.more])).not.toContain('25922947409');
    }
  });

  test.each<[string, AltinnCall, string, string]>([
    ['the resource’s owner', submit, 'api-owner', 'not-on-access-list'],
    ['the same when our token cannot be read', { verb: 'submit', to: bank }, 'api-owner', 'not-on-access-list'],
    [
      'the operator when our token lacks the scope',
      { ...submit, token: { consumer: bank, scopes: ['altinn:consentrequests.read'] } },
      'operator',
      'client-scope-missing',
    ],
    ['us when our token is another’s', { ...submit, to: operator }, 'us', 'token-unexpected'],
    ['the operator on reading', { ...submit, verb: 'read' }, 'operator', 'altinn-not-authorised'],
  ])('an empty 403 is for %s', (_who, asked, kind, problem) => {
    expect(altinn(403, undefined, asked)).toMatchObject({ class: kind, problem: { code: problem } });
  });

  test('401 is the operator’s, unless our token had just ended', () => {
    expect(altinn(401)).toMatchObject({ class: 'operator', problem: { code: 'altinn-not-authorised' } });
    const ended = { ...submit, token: { consumer: bank, scopes: [scope], hasEnded: true } };
    expect(altinn(401, undefined, ended)).toMatchObject({
      class: 'again-soon',
      problem: { code: 'altinn-unavailable' },
    });
  });

  test.each<[number, unknown]>([
    [500, undefined],
    [500, {}],
    [500, { code: 'AM-99999' }],
    [503, '<!doctype html>'],
    [429, undefined],
    [403, '<html>firewall</html>'],
    [404, '<html>gateway</html>'],
    [302, undefined],
  ])('%s %j is tried again later', (status, body) => {
    const refused = altinnRefusal({ status, body, retryAfterSeconds: 4 }, submit);
    expect(refused).toMatchObject({
      class: 'again-soon',
      problem: { code: 'altinn-unavailable', more: { retryAfterSeconds: 4 } },
    });
  });

  test('what could not be bound is refused for good', () => {
    expect(altinn(400, { title: 'One or more validation errors occurred.', errors: {} })).toMatchObject({
      class: 'final',
    });
    expect(altinn(400, { code: 'AM-99999' })).toMatchObject({ class: 'final' });
  });
});

test('class and fate agree, so that a job does what the table says', () => {
  const fates = { tenant: 'blocked', 'api-owner': 'blocked', operator: 'blocked', final: 'final' } as Record<
    string,
    string
  >;
  const bodies = [...Array(17).keys()].map((number) => ({ code: `AM-000${String(number).padStart(2, '0')}` }));
  const all = [
    ...seen.flatMap(([code, error, texts]) => texts.map((text) => maskinporten(400, error, text, code))),
    ...bodies.map((body) => altinn(400, body)),
    ...[401, 403, 429, 500].map((status) => altinn(status)),
  ];
  for (const { class: kind, problem } of all) {
    if (problem.code === 'clock-wrong') expect(fateOf(problem)).toBe('blocked');
    else expect([problem.code, fateOf(problem)]).toEqual([problem.code, fates[kind] ?? 'again']);
  }
});
