import { scrub } from '../lib/mask.ts';
import { type AltinnCall, type Answer, lasting, listOf, type Refusal, type Row, refusal, textOf } from './refusals.ts';

/** What was asked of Altinn 2, and what we showed it. */
export type Altinn2Call = Pick<AltinnCall, 'to' | 'token'> & {
  verb: 'submit' | 'read' | 'list' | 'withdraw' | 'token' | 'use';
  /** The enterprise certificate stands in the token's place. */
  byCertificate?: boolean | undefined;
  /** Names and other words of ours that an answer may repeat, and nobody else is to read. */
  sent?: readonly string[] | undefined;
};

type Said = { code: string; text: string };

const keyRefused = (fault: string): Row<Altinn2Call> => ['operator', 'altinn-key-refused', fault];
const final = (detail: string): Row<Altinn2Call> => ['final', 'altinn-refused', detail];
const unknown = (detail: string): Row<Altinn2Call> => ['again-soon', 'altinn-unavailable', detail];
const whose = ({ to }: Altinn2Call): string => (to === undefined ? 'the tenant' : `organisation ${to}`);

/**
 * Faults of a request, as a 400 lists them. One code alone was ever seen with a meaning; the rest is told by the names of
 * fields in its words, loosely, and by nothing where they say nothing known.
 * @see docs/sources/altinn-2.md
 */
const faultRows: { code?: string; text?: RegExp; row: Row<Altinn2Call> }[] = [
  {
    code: '40332',
    row: ['final', 'name-not-matched', 'Altinn 2 finds a number unknown, or a name that is not the number’s.'],
  },
  { text: /\bApiKey\b/i, row: keyRefused('Altinn 2 misses the API key.') },
  { text: /\bHandledBy\b/i, row: keyRefused('Altinn 2 does not take the operator for who asks.') },
  {
    text: /\bRedirectUrl\b/i,
    row: ['operator', 'callback-not-allowed', 'Altinn 2 refuses the address that browsers come back to.'],
  },
  {
    text: /\bdelegat(?:ed|ions?)\b/i,
    row: ['tenant', 'access-not-delegated', (call) => `Altinn 2 misses a delegation of ${whose(call)}’s.`],
  },
  {
    text: /\bCoveredBy\b|\brights? register\b|\bSRR\b/i,
    row: ['api-owner', 'not-on-access-list', (call) => `Whoever owns the service must let ${whose(call)} ask for it.`],
  },
  {
    text: /^(?=.*\bservice\b).*\b(?:unknown|not found|does not exist|no consent service)\b/i,
    row: ['operator', 'resource-unknown', 'A service in the operator’s catalogue is unknown to Altinn 2.'],
  },
];

const otherFault = final('Altinn 2 finds a fault in the request.');

/** Without what it may repeat of ours: names, the address back with its state, numbers of people. */
const withoutEchoes = (text: string, sent: readonly string[]): string =>
  scrub(
    [...sent]
      .filter((word) => word.trim() !== '')
      .sort((a, b) => b.length - a.length)
      .reduce((left, word) => left.replace(new RegExp(RegExp.escape(word), 'giu'), '…'), text)
      .replace(/(?<![a-z\d+.-])[a-z\d+.-]+:\/\/\S+/gi, '…'),
  ).slice(0, 300);

/** A member whatever its casing: `ErrorCode` was seen, `errorCode` is documented. */
const memberOf = (value: Record<string, unknown>, ...names: string[]): string => {
  const found = Object.entries(value).find(([name]) => names.includes(name.toLowerCase()))?.[1];
  return typeof found === 'number' ? String(found) : textOf(found);
};

const saidIn = (body: unknown): Said[] =>
  listOf(Array.isArray(body) ? body : [body])
    .map((one) => ({
      code: memberOf(one, 'errorcode'),
      text: memberOf(one, 'errormessage', 'errordescription', 'message'),
    }))
    .filter(({ code, text }) => code !== '' || text !== '');

/** The row of one fault, with Altinn's own words: its codes tell nobody anything. */
const faultOf = ({ code, text }: Said, { sent = [] }: Altinn2Call): { row: Row<Altinn2Call>; byWording: boolean } => {
  const told = withoutEchoes(text, sent);
  const byCode = faultRows.find((one) => one.code !== undefined && one.code === code);
  const known = byCode ?? faultRows.find((one) => one.text?.test(told));
  const [kind, problem, detail] = (known ?? { row: otherFault }).row;
  // The register's own name of a person is nobody's to learn from a guess.
  const words =
    told === '' || problem === 'name-not-matched'
      ? ''
      : ` It says: “${told}”${/^\d{1,10}$/.test(code) ? ` (${code})` : ''}.`;
  return {
    row: [kind, problem, (call) => `${typeof detail === 'string' ? detail : detail(call)}${words}`],
    byWording: !byCode && known !== undefined,
  };
};

const badRequest = (body: unknown, reason: string, call: Altinn2Call): Refusal => {
  const said = saidIn(body);
  const faults = (said.length > 0 ? said : [{ code: '', text: reason }])
    .map((one) => faultOf(one, call))
    .sort(({ row: [a] }, { row: [b] }) => lasting.indexOf(a) - lasting.indexOf(b));
  const { row, byWording } = faults[0] ?? { row: otherFault, byWording: false };
  return refusal(row, call, byWording ? { byWording: true } : {});
};

const scopeOf: Record<Altinn2Call['verb'], RegExp> = {
  submit: /^altinn:consentrequests\.write$/,
  withdraw: /^altinn:consentrequests\.write$/,
  read: /^altinn:consentrequests\.read$/,
  list: /^altinn:consentrequests\.read$/,
  token: /^altinn:consenttokens(?:\.read)?$/,
  use: /^altinn:consenttokens(?:\.write)?$/,
};

/** What a 403 means for each call, once our token is not to blame: it comes without a word, or with one that fits all. */
const forbiddenRows: Record<Altinn2Call['verb'], Row<Altinn2Call>> = {
  submit: keyRefused(
    'Altinn 2 answered 403 without a word: most likely its API key is unknown, another organisation’s or not marked `OrgNrMustMatch`.',
  ),
  list: keyRefused('Altinn 2 answered 403 without a word: most likely it does not know the API key.'),
  read: final('Altinn 2 knows no request of the tenant’s by this code, or does not accept the API key.'),
  withdraw: final('Altinn 2 has no request of the tenant’s by this code that is still unanswered.'),
  token: ['final', 'consent-not-at-altinn', 'Altinn 2 gives no token: not given, revoked, expired or used up.'],
  use: ['final', 'consent-not-at-altinn', 'Altinn 2 finds no consent in force behind this code.'],
};

const forbidden = (call: Altinn2Call): Row<Altinn2Call> => {
  const { verb, token, to, byCertificate = false } = call;
  if (!byCertificate && token && !token.scopes.some((scope) => scopeOf[verb].test(scope)))
    return ['operator', 'client-scope-missing', 'The token lacks a scope of Altinn 2’s consent API.'];
  if (!byCertificate && token && to !== undefined && token.consumer !== to)
    return ['us', 'token-unexpected', 'The token is not the tenant’s.'];
  if (byCertificate && verb === 'submit')
    return [
      'api-owner',
      'not-on-access-list',
      `Whoever owns the service must name the operator beside ${whose(call)} in the rights register.`,
    ];
  return forbiddenRows[verb];
};

const notAuthorised = (detail: string): Row<Altinn2Call> => ['operator', 'altinn-not-authorised', detail];

const unauthenticated = (reason: string, { byCertificate, token }: Altinn2Call): Row<Altinn2Call> => {
  if (byCertificate) return notAuthorised('Altinn 2 does not accept the enterprise certificate.');
  return token?.hasEnded || /IDX10223/.test(reason)
    ? notAuthorised('Altinn 2 says that our token has ended.')
    : notAuthorised('Altinn 2 answered 401 to our token.');
};

/** A code has no page of its own where Altinn does not know it; the list and the place to ask at always have one. */
const isAlwaysThere = ({ verb }: Altinn2Call): boolean => verb === 'submit' || verb === 'list';
const notThere = (status: number): Row<Altinn2Call> => [
  'operator',
  'altinn2-not-there',
  `Altinn 2’s address answers ${status}.`,
];

/**
 * Reads what Altinn 2 answered instead of what was asked for. Only `altinn-unavailable` leaves open whether Altinn did it: a
 * create cannot be repeated, so that what nobody said in so many words stays unknown.
 */
export const altinn2Refusal = (
  { status, body, reason = '', retryAfterSeconds }: Answer & { reason?: string | undefined },
  call: Altinn2Call,
): Refusal => {
  if (status === 429)
    return refusal(['again-soon', 'altinn-busy', 'Altinn 2 answered 429.'], call, { retryAfterSeconds });
  if (status === 401) return refusal(unauthenticated(reason, call), call);
  if ([404, 405, 410].includes(status))
    return refusal(isAlwaysThere(call) ? notThere(status) : forbiddenRows[call.verb], call);
  // A page for people: somebody on the way spoke, and not Altinn's interface.
  const isPage = typeof body === 'string' && /^\s*</.test(body);
  if (status < 400 || status === 408 || status === 425 || status >= 500 || isPage)
    return refusal(unknown(`Altinn 2 answered ${status}, and nothing that can be read.`), call, { retryAfterSeconds });
  if (status === 403 && saidIn(body).length === 0) return refusal(forbidden(call), call);
  // Asked for a token, Altinn 2 says 400 to what it says 403 to at other times.
  if (status === 400 && call.verb === 'token' && !/\bApiKey\b/i.test(reason)) return refusal(forbiddenRows.token, call);
  return badRequest(body, reason, call);
};
