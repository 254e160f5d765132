import type { Reply } from '../exchange.ts';

/** Altinn's own errors. Clients should look at `code` alone: the texts change between library versions. */
const descriptions = {
  'AM-00000': { status: 403, detail: 'Not authorized for consent' },
  'AM-00001': { status: 404, detail: 'Consent not found' },
  'AM-00002': { status: 400, detail: 'Consent have wrong status to be consented' },
  'AM-00003': { status: 400, detail: 'Unknown organization. Could not be found' },
  'AM-00004': { status: 400, detail: 'Unknown person. Could not be found' },
  'AM-00005': { status: 400, detail: 'Invalid consent resource' },
  'AM-00006': { status: 400, detail: 'Invalid consent metadata' },
  'AM-00007': { status: 400, detail: 'Missing metadata value' },
  'AM-00008': { status: 400, detail: 'Missing metadata' },
  'AM-00009': { status: 400, detail: 'Invalid resource combination' },
  'AM-00010': { status: 400, detail: 'Consent cant be revoked.Wrong status' },
  'AM-00011': { status: 400, detail: 'Consent is revoked' },
  'AM-00012': { status: 400, detail: 'The consented party does not match the party requested' },
  'AM-00013': { status: 400, detail: 'Consent is expired' },
  'AM-00014': { status: 400, detail: 'Consent is not accepted' },
  'AM-00015': { status: 400, detail: 'Consent cant be rejected. Wrong status' },
  'AM-00016': { status: 400, detail: 'Consent with id already exist' },
  'STD-00000': { status: 400, detail: 'One or more validation errors occurred.' },
} as const;

const validationDetails = {
  'STD.VLD-00000': 'The field is required.',
  'AM.VLD-00022': 'The time need to be in the future',
  'AM.VLD-00023': 'At least one consent right is required',
  'AM.VLD-00027': 'The redirect URL is not a valid absolute URL',
  'AM.VLD-00051': 'createdAfter must be before createdBefore',
  'AM.VLD-00052': 'The event type is not supported',
  'AM.VLD-00053': 'The continuation token is not valid',
} as const;

export type ProblemCode = keyof typeof descriptions;
export type ValidationError = { code: keyof typeof validationDetails; detail: string; paths: string[] };
export type AltinnProblem = { status: number; detail: string; code: ProblemCode; [extra: string]: unknown };

export const problem = (code: ProblemCode, extra: Record<string, unknown> = {}): AltinnProblem => ({
  ...descriptions[code],
  code,
  ...extra,
});

export const validationError = (code: keyof typeof validationDetails, path: string): ValidationError => ({
  code,
  detail: validationDetails[code],
  paths: [path],
});

/** Several validation errors are one problem. */
export const validationProblem = (validationErrors: ValidationError[]): AltinnProblem =>
  problem('STD-00000', { validationErrors });

const titles: Record<number, { type: string; title: string }> = {
  400: { type: 'https://tools.ietf.org/html/rfc9110#section-15.5.1', title: 'Bad Request' },
  403: { type: 'https://tools.ietf.org/html/rfc9110#section-15.5.4', title: 'Forbidden' },
  404: { type: 'https://tools.ietf.org/html/rfc9110#section-15.5.5', title: 'Not Found' },
  500: {
    type: 'https://tools.ietf.org/html/rfc9110#section-15.6.1',
    title: 'An error occurred while processing your request.',
  },
};

const problemReply = (status: number, members: object): Reply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { ...titles[status], status, ...members },
});

/** One problem is answered as it is; two or more become a 500, although the caller is to blame. */
export const refusal = (first: AltinnProblem, ...others: AltinnProblem[]): Reply =>
  others.length === 0
    ? problemReply(first.status, first)
    : problemReply(500, { detail: 'Multiple problems occurred.', code: 'STD-00001', problems: [first, ...others] });

const registryProblems = {
  'RR-00001': 'One or more party references not found.',
  'RR-00002': 'One or more resource references not found.',
  'RR.VLD-00000': 'Cannot replace more than 100 members at a time. Use POST and DELETE methods instead.',
  'RR.VLD-00001': 'Cannot add or remove more than 100 members at a time.',
} as const;

/** The resource registry has codes of its own, in the same form. */
export const registryRefusal = (code: keyof typeof registryProblems): Reply => {
  const detail = registryProblems[code];
  if (!code.startsWith('RR.VLD')) return problemReply(400, { detail, code });
  const validationErrors = [{ code, detail, paths: ['/data'] }];
  return problemReply(400, { ...descriptions['STD-00000'], code: 'STD-00000', validationErrors });
};

const endUserProblems = {
  'AM-00023': 'The party was not found',
  'AM-00027': 'The resource is not valid',
  'AM.VLD-assignment': 'Assignment has resources delegated.',
} as const;

/** Of the calls for end users; the number of the last one is not known, and left out. */
export const endUserRefusal = (code: keyof typeof endUserProblems): Reply =>
  problemReply(400, {
    detail: endUserProblems[code],
    code: code === 'AM.VLD-assignment' ? 'STD-00000' : code,
  });

/** A problem that says all in its title. */
export const titledRefusal = (status: number, title: string): Reply => problemReply(status, { title });

/** What ASP.NET itself answers when a body cannot be bound; there is no `code`, and the texts are inferred. */
export const bindingRefusal = (errors: Record<string, string[]>): Reply =>
  problemReply(400, { title: 'One or more validation errors occurred.', errors });

/** An exception nobody caught. */
export const unhandled = (): Reply => problemReply(500, {});

/** The gatekeepers answer without a body. */
export const unauthorized = (): Reply => ({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
export const forbidden = (): Reply => ({ status: 403 });
