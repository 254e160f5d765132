import { scrub } from '../lib/mask.ts';
import { Problem, type ProblemCode } from './problem.ts';

/** What follows from a refusal before anything is kept: try once more at once, later, wait for somebody, or stop. */
export type RefusalClass = 'again-now' | 'again-soon' | 'tenant' | 'api-owner' | 'operator' | 'final' | 'us';

/** Which of the operator's links helps the mover; the address itself is a setting. */
export type LinkKind = 'delegate' | 'grant' | 'self-service';

export type Refusal = { class: RefusalClass; problem: Problem; link?: LinkKind };

/** What an outside system answered. `body` is what its JSON says, or the text when it is none, or nothing at all. */
export type Answer = { status: number; body?: unknown; retryAfterSeconds?: number | undefined };

/** Whose token was asked for: organisation numbers, and the scopes of the grant. */
export type TokenCall = { scopes: readonly string[]; consumer: string; operator: string; consent?: boolean };

/** What was asked of Altinn: the tenant's number, and what our own token says, as far as it can be read. */
export type AltinnCall = {
  verb: 'submit' | 'read';
  to?: string | undefined;
  token?: { consumer: string | undefined; scopes: readonly string[] } | undefined;
};

type Row<Call> = { code: ProblemCode; class: RefusalClass; link?: LinkKind; detail: (call: Call) => string };

const named = ({ scopes }: TokenCall): string => scopes.map((scope) => `\`${scope}\``).join(', ');
const client =
  (fault: string) =>
  (call: TokenCall): string =>
    `${fault} The operator must mend the client that holds ${named(call)}.`;
const row = <Call>(
  kind: RefusalClass,
  code: ProblemCode,
  detail: string | ((call: Call) => string),
  link?: LinkKind,
): Row<Call> => ({
  code,
  class: kind,
  detail: typeof detail === 'string' ? () => detail : detail,
  ...(link && { link }),
});
const ours = (fault: string): Row<TokenCall> => row('us', 'maskinporten-refused', fault);
const broken = (fault: string): Row<TokenCall> => row('operator', 'client-refused', client(fault), 'self-service');

/** Maskinporten's refusals, by code and by text: some come without a code, and each wording is seen in several forms. */
const maskinportenRows: { code?: string; text?: RegExp; row: Row<TokenCall> }[] = [
  {
    code: 'MP-251',
    text: /has not delegated access/i,
    row: row(
      'tenant',
      'access-not-delegated',
      (call) =>
        `Organisation ${call.consumer} has not delegated ${named(call)} to organisation ${call.operator}. ` +
        'An administrator of the former must do that in Altinn.',
      'delegate',
    ),
  },
  {
    code: 'MP-250',
    text: /has not been granted access/i,
    row: row(
      'api-owner',
      'access-not-granted',
      (call) =>
        `Organisation ${call.consumer} has not been granted ${named(call)}. Whoever owns the scope must grant it to that number.`,
      'grant',
    ),
  },
  {
    code: 'MP-303',
    text: /authorization details values?/i,
    row: row('final', 'consent-not-usable', 'Maskinporten finds no consent in force behind this id.'),
  },
  { code: 'MP-012', text: /used before/i, row: row('again-now', 'maskinporten-unavailable', 'The grant was taken for one used before.') },
  { code: 'MP-121', text: /expired key/i, row: broken('The registered key is older than a year.') },
  {
    code: 'MP-130',
    text: /(?:jwt|assertion|grant)\b.*\bexpired/i,
    row: row('again-now', 'clock-wrong', 'Maskinporten finds a fresh grant too old: the operator must set the clock.'),
  },
  {
    text: /issue time|issued? .*future/i,
    row: row('operator', 'clock-wrong', 'Maskinporten finds a grant issued in the future: the operator must set the clock.'),
  },
  { code: 'MP-100', text: /client not found/i, row: broken('The client is unknown there, or belongs to another environment.') },
  { code: 'MP-110', text: /claim aud/i, row: broken('The issuer is not that of this environment.') },
  { code: 'MP-120', text: /invalid certificate/i, row: broken('The certificate is expired, revoked, or of another environment.') },
  { code: 'MP-122', text: /certificate orgno|invalid organization number/i, row: broken('The certificate belongs to another organisation.') },
  { code: 'MP-123', text: /header x5c/i, row: broken('The certificate chain cannot be read.') },
  { code: 'MP-124', text: /jwt signature/i, row: broken('The signature does not fit the registered key.') },
  { text: /unknown key identifier/i, row: broken('The key is not registered on the client (a new one takes up to two minutes).') },
  { text: /no key identifier/i, row: broken('The client has registered keys, but a certificate was used.') },
  { text: /consumer_org in claim/i, row: broken('The client belongs to the organisation it asks for, not to the operator.') },
  {
    code: 'MP-200',
    text: /invalid scopes? for client/i,
    row: row('operator', 'client-scope-missing', (call) => `The operator must register ${named(call)} on its client.`, 'self-service'),
  },
  {
    code: 'MP-201',
    text: /not allowed for maskinporten/i,
    row: row('operator', 'client-scope-missing', (call) => `${named(call)}: its owner does not allow it for Maskinporten.`, 'self-service'),
  },
  { text: /too long lifetime/i, row: ours('Our grant lives longer than allowed.') },
  { code: 'MP-301', text: /unknown authorization details/i, row: ours('Our grant asks for details of an unknown type.') },
  { code: 'MP-302', text: /unknown fields/i, row: ours('Our grant asks for details with unknown fields.') },
  { code: 'MP-011', text: /invalid assertion\. invalid parameter/i, row: ours('Our grant was found malformed.') },
  { text: /client authentication failed/i, row: broken('The client or its key was refused, with a reason we do not know.') },
];
