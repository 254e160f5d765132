import { scrub } from '../lib/mask.ts';
import { type KeptProblem, Problem, type ProblemCode } from './problem.ts';

/** What follows from a refusal: one more try at once, a later one, wait until somebody has moved, or stop. */
type RefusalClass = 'again-now' | 'again-soon' | 'tenant' | 'api-owner' | 'operator' | 'final' | 'us';

export type Refusal = { class: RefusalClass; problem: Problem };

/** What an outside system answered. `body` is its JSON, or the text where it is none, or undefined when it is empty. */
export type Answer = { status: number; body?: unknown; retryAfterSeconds?: number | undefined };

/** Whose token was asked for, and for whom it would be good. */
export type TokenCall = {
  scopes: readonly string[];
  consumer: string;
  operator: string;
  resource?: readonly string[] | undefined;
};

/** What was asked of Altinn, and what our own token says as far as it can be read: a 401 or an empty 403 has no other clue. */
export type AltinnCall = {
  verb: 'submit' | 'read';
  /** The tenant's organisation number, where the call names it. */
  to?: string | undefined;
  token?: { consumer: string | undefined; scopes: readonly string[]; hasEnded?: boolean } | undefined;
};

export type Row<Call> = [RefusalClass, ProblemCode, string | ((call: Call) => string)];

const listed = (scopes: readonly string[]): string => scopes.map((scope) => `\`${scope}\``).join(', ');
const named = ({ scopes }: TokenCall): string => listed(scopes);
const mendClient = 'The operator must mend its client that holds';
const client = (fault: string, code: ProblemCode = 'client-refused'): Row<TokenCall> => [
  'operator',
  code,
  (call) => `${fault} ${mendClient} ${named(call)}.`,
];
const key = (fault: string): Row<TokenCall> => client(fault, 'key-refused');
const ours = (fault: string): Row<TokenCall> => ['us', 'maskinporten-refused', fault];
const silent: Row<unknown> = ['again-soon', 'maskinporten-unavailable', 'Maskinporten answered without saying why.'];

/**
 * Maskinporten's refusals. The code decides; the text does where there is none, and then the first row that fits. Each
 * wording is seen in several forms, so texts are matched loosely.
 * @see docs/sources/maskinporten.md
 */
const maskinportenRows: { code?: string; text: RegExp; row: Row<TokenCall> }[] = [
  {
    code: 'MP-251',
    text: /not delegated access/i,
    row: [
      'tenant',
      'access-not-delegated',
      (call) =>
        `An administrator of organisation ${call.consumer} must delegate ${named(call)} to organisation ${call.operator} in Altinn.`,
    ],
  },
  {
    code: 'MP-250',
    text: /not been granted access/i,
    row: [
      'api-owner',
      'access-not-granted',
      (call) => `Whoever owns ${named(call)} must grant it to organisation ${call.consumer}.`,
    ],
  },
  {
    code: 'MP-303',
    text: /authorization details values?/i,
    row: ['final', 'consent-not-usable', 'Maskinporten finds no consent in force behind this id.'],
  },
  {
    code: 'MP-012',
    text: /used before/i,
    row: ['again-now', 'maskinporten-unavailable', 'Maskinporten took fresh grants for used ones.'],
  },
  { code: 'MP-121', text: /expired key/i, row: key('The key was registered more than a year ago.') },
  {
    code: 'MP-130',
    text: /\b(?:jwt|assertion|grant)\b.*\bexpired/i,
    row: ['again-now', 'clock-wrong', 'Maskinporten finds fresh grants too old. The operator must set the clock.'],
  },
  {
    text: /issue time|\bissued\b.*\bfuture/i,
    row: [
      'again-now',
      'clock-wrong',
      'Maskinporten finds fresh grants issued in the future. The operator must set the clock.',
    ],
  },
  { code: 'MP-100', text: /client not found/i, row: client('The client is unknown in this environment.') },
  { code: 'MP-110', text: /claim aud\b/i, row: client('The issuer is not that of this environment.') },
  {
    code: 'MP-120',
    text: /invalid certificate/i,
    row: key('The certificate has expired or is of another environment.'),
  },
  { code: 'MP-122', text: /certificate orgno/i, row: key('The certificate belongs to another organisation.') },
  { code: 'MP-123', text: /header x5c/i, row: key('The certificate chain cannot be read.') },
  { code: 'MP-124', text: /jwt signature/i, row: key('The signature does not fit the registered key.') },
  {
    text: /unknown key id/i,
    row: key('The key is not registered on the client, or was less than two minutes ago.'),
  },
  { text: /no key id/i, row: key('The client has registered keys, so its certificate is not accepted.') },
  {
    text: /combination consumer_org/i,
    row: client('The client belongs to the very organisation it asks for.', 'client-not-ours'),
  },
  {
    code: 'MP-200',
    text: /invalid scopes? for client/i,
    row: ['operator', 'client-scope-missing', (call) => `The operator must register ${named(call)} on its client.`],
  },
  {
    code: 'MP-201',
    text: /not allowed for maskinporten/i,
    row: ['operator', 'client-scope-missing', (call) => `${named(call)}: its owner does not offer it in Maskinporten.`],
  },
  { text: /too long life/i, row: ours('Our grant would live longer than is allowed.') },
  {
    code: 'MP-301',
    text: /unknown authorization details/i,
    row: ours('Our grant asks for details of an unknown type.'),
  },
  {
    code: 'MP-302',
    text: /fields in the authorization/i,
    row: ours('Our grant asks for details with unknown fields.'),
  },
  { code: 'MP-011', text: /invalid parameter value/i, row: ours('Our grant was found malformed.') },
  // A code of a known family, or half a sentence of it, that is newer than this table.
  { text: /client authentication failed|^invalid_client\b/i, row: client('The client or its key was refused.') },
];

const altinnFinal = (detail: string): Row<AltinnCall> => ['final', 'altinn-refused', detail];

/** Altinn's refusals by `code`, which alone stays the same: statuses and texts have changed, and 500 may be for good. */
const altinnRows: Record<string, Row<AltinnCall>> = {
  'AM-00000': altinnFinal('Altinn says that this consent is not the tenant’s.'),
  'AM-00001': altinnFinal('Altinn has no consent request with this id.'),
  'AM-00002': altinnFinal('The consent cannot be accepted in the state it is in.'),
  'AM-00003': ['final', 'organization-unknown', 'One of the organisation numbers is not in Altinn’s register.'],
  'AM-00004': ['final', 'person-unknown', 'The person is not in Altinn’s register.'],
  'AM-00005': [
    'operator',
    'resource-unknown',
    'A resource in the operator’s catalogue is unknown, or no consent resource.',
  ],
  'AM-00006': altinnFinal('The resource does not know this metadata.'),
  'AM-00007': altinnFinal('A metadata value is empty.'),
  'AM-00008': altinnFinal('The resource wants metadata that was not sent.'),
  'AM-00009': altinnFinal('The resources do not share a consent template; ask for them one by one.'),
  'AM-00010': altinnFinal('The consent cannot be revoked in the state it is in.'),
  'AM-00011': ['final', 'consent-not-usable', 'The consent is revoked.'],
  'AM-00012': ['final', 'consent-not-usable', 'The consent was given by somebody else.'],
  'AM-00013': ['final', 'consent-not-usable', 'The consent has expired.'],
  'AM-00014': ['final', 'consent-not-usable', 'The consent has not been given.'],
  'AM-00015': altinnFinal('The consent cannot be rejected in the state it is in.'),
  'AM-00016': altinnFinal('The id is taken by a consent request of somebody else.'),
  'STD-00000': altinnFinal('The consent request is not valid.'),
  'STD-00001': altinnFinal('Several things are wrong with the consent request.'),
  'STD.VLD-00000': altinnFinal('A right names no action.'),
  'AM.VLD-00022': altinnFinal('`validTo` has passed.'),
  'AM.VLD-00023': altinnFinal('The consent request holds no rights.'),
  'AM.VLD-00027': altinnFinal('The return address is not an absolute one.'),
  'AM.VLD-00051': altinnFinal('The feed does not take this time to begin at.'),
  'AM.VLD-00052': altinnFinal('The feed does not know this type.'),
  'AM.VLD-00053': altinnFinal('The feed does not know this place any more.'),
};

const altinnSilent: Row<unknown> = ['again-soon', 'altinn-unavailable', 'Altinn answered without saying why.'];

/** Of several problems the one that lasts longest counts: what nobody can mend, then what somebody must. */
export const lasting: readonly RefusalClass[] = [
  'final',
  'operator',
  'api-owner',
  'tenant',
  'us',
  'again-soon',
  'again-now',
];

type Json = Record<string, unknown>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
export const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
/** Somebody on the way spoke, or nobody did: the system itself answers refusals in JSON. */
const isPassing = (status: number, body: unknown): boolean =>
  status >= 500 || [408, 425, 429].includes(status) || status < 400 || !isJson(body);

export const refusal = <Call>(
  row: Row<Call>,
  call: Call,
  more: ConstructorParameters<typeof Problem>[2] = {},
): Refusal => {
  const [kind, code, detail] = row;
  const text = typeof detail === 'string' ? detail : detail(call);
  return { class: kind, problem: new Problem(code, text, more) };
};

/** The text without what we sent and it may repeat: scopes and audiences are other people's words. */
const withoutEchoes = (text: string, { scopes, resource = [] }: TokenCall): string =>
  [...scopes, ...resource]
    .filter((name) => name !== '')
    .sort((a, b) => b.length - a.length)
    .reduce((left, name) => {
      const whole = new RegExp(`(?<![\\p{L}\\d])${RegExp.escape(name)}(?![\\p{L}\\d])`, 'giu');
      return left.replace(whole, '');
    }, text);

/**
 * Reads what Maskinporten's token endpoint answered instead of a token. The problem says when the wording alone told what it
 * is (`byWording`).
 */
export const maskinportenRefusal = ({ status, body, retryAfterSeconds }: Answer, call: TokenCall): Refusal => {
  const said = isJson(body) ? body : {};
  const text = textOf(said.error_description);
  const own = withoutEchoes(text, call);
  const code = /MP-\d+(?=\W*$)/i.exec(textOf(said.error_uri))?.[0].toUpperCase();
  const traceId = /(?:trace_id|correlation.id):\s*([\da-f-]{1,64})\b/i.exec(own)?.[1];
  const byCode = maskinportenRows.find((one) => code !== undefined && one.code === code);
  const known = byCode ?? maskinportenRows.find((one) => one.text.test(`${textOf(said.error)} ${own}`));
  // Where the text names one of the scopes we asked for, it is about that one alone.
  const meant = call.scopes.filter((scope) =>
    text.split(/[\s,`'"]+/).some((word) => word.replace(/\.$/, '') === scope),
  );
  const about = meant.length > 0 ? { ...call, scopes: meant } : call;
  if (known) return refusal(known.row, about, { traceId, retryAfterSeconds, ...(byCode ? {} : { byWording: true }) });
  if (isPassing(status, body)) return refusal(silent, about, { traceId, retryAfterSeconds });
  if (said.error === 'temporarily_unavailable') return refusal(silent, about, { traceId, retryAfterSeconds });
  return refusal(ours(`Maskinporten refused our grant (${code ?? `HTTP ${status}`}).`), about, { traceId });
};

/**
 * Why a client is stopped, for somebody who asks with it: of the scope they asked for, and not of the one that was asked for,
 * perhaps for somebody else, when it was stopped.
 */
export const stoppedFor = ({ traceId: _, detail, ...rest }: KeptProblem, scopes: readonly string[]): KeptProblem => {
  const [fault = detail] = detail.split(` ${mendClient} `);
  return { ...rest, detail: fault === detail ? detail : `${fault} ${mendClient} ${listed(scopes)}.` };
};

/** An empty 403, explained as far as our own token tells. */
const forbidden = ({ verb, to, token }: AltinnCall): Row<AltinnCall> => {
  const enough = /^altinn:consentrequests\.(?:write|org)$/;
  const reading = /^altinn:consentrequests\.(?:read|write|org)$/;
  if (token && !token.scopes.some((scope) => (verb === 'read' ? reading : enough).test(scope)))
    return ['operator', 'client-scope-missing', 'The token lacks a scope of the consent API.'];
  if (token && to !== undefined && token.consumer !== to)
    return ['us', 'token-unexpected', 'The token is not the tenant’s.'];
  if (verb === 'read') return ['operator', 'altinn-not-authorised', 'Altinn answered 403 without a word to a read.'];
  const who = to === undefined ? 'the tenant' : `organisation ${to}`;
  return ['api-owner', 'not-on-access-list', `Whoever owns the resource must let ${who} ask for it.`];
};

/** The row of one problem in Altinn's answer; of its parts' worst when it has parts. */
const altinnRow = (said: Json): Row<AltinnCall> | undefined => {
  const parts = [...listOf(said.problems), ...listOf(said.validationErrors)]
    .map((part) => altinnRow(part))
    .filter((part) => part !== undefined)
    .sort(([a], [b]) => lasting.indexOf(a) - lasting.indexOf(b));
  const [worst] = parts;
  if (worst) return worst;
  const row = altinnRows[textOf(said.code)];
  const key = textOf(Object.entries(said).find(([name]) => /(?:^|\W)key$/.test(name))?.[1]);
  const [kind, code, detail] = row ?? [];
  return kind && code && typeof detail === 'string' && /^[\w.-]{1,60}$/.test(key)
    ? [kind, code, `${detail} (\`${scrub(key)}\`)`]
    : row;
};

/** Reads what Altinn 3 answered instead of a consent. */
export const altinnRefusal = ({ status, body, retryAfterSeconds }: Answer, call: AltinnCall): Refusal => {
  const known = isJson(body) ? altinnRow(body) : undefined;
  if (known) return refusal(known, call);
  if (status === 401 && call.token?.hasEnded)
    return refusal(['again-soon', 'altinn-unavailable', 'Our token ended on its way to Altinn.'], call);
  if (status === 401) return refusal(['operator', 'altinn-not-authorised', 'Altinn answered 401 to our token.'], call);
  if (status === 403 && body === undefined) return refusal(forbidden(call), call);
  if (isPassing(status, body)) return refusal(altinnSilent, call, { retryAfterSeconds });
  return refusal(altinnFinal(`Altinn could not take our request (HTTP ${status}).`), call);
};
