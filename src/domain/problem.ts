import { type Mover, problems } from './problems.ts';

export type { Mover } from './problems.ts';

export type ProblemCode = keyof typeof problems;

/** One fault of one field, as `errors` in a problem lists them. `field` is a JSON pointer, or a header's or parameter's name. */
export type FieldFault = { field: string; code: string; detail: string };

type More = ErrorOptions & {
  /** Where the mover can do something about it. */
  link?: string | undefined;
  /** What is wrong with the request, field by field. */
  errors?: FieldFault[] | undefined;
  /** Not before then, in seconds; becomes `Retry-After`. */
  retryAfterSeconds?: number | undefined;
  /** The consent it is about, when there is one. */
  consentId?: string | undefined;
  /** Maskinporten's trace id, which their support asks for. */
  traceId?: string | undefined;
  /** The wording of an answer alone told that it is this one. */
  byWording?: true;
};

/** All that can go wrong on purpose. `detail` is for the caller to read; `cause` is for the log alone. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly more: Omit<More, 'cause'>;
  constructor(code: ProblemCode, detail: string, { cause, ...more }: More = {}) {
    super(`${code}: ${detail}`, { cause });
    this.code = code;
    this.detail = detail;
    this.more = more;
  }
}

/** A problem as it is kept beside a consent, an access row or a token, and shown again later. */
export type KeptProblem = { code: ProblemCode; detail: string; mover: Mover; link?: string; traceId?: string };

export const keptProblem = ({ code, detail, more }: Problem): KeptProblem => ({
  code,
  detail,
  mover: problems[code].mover,
  ...(more.link === undefined ? {} : { link: more.link }),
  ...(more.traceId === undefined ? {} : { traceId: more.traceId }),
});

export const fromKept = ({ code, detail, link, traceId }: KeptProblem): Problem =>
  new Problem(code, detail, { link, traceId });

/** What a job does after a failure: try again, wait until somebody outside has moved, or give up. */
export const fateOf = (error: unknown): 'again' | 'blocked' | 'final' => {
  if (!(error instanceof Problem)) return 'again';
  const { mover } = problems[error.code];
  if (mover === 'time' || mover === 'us') return 'again';
  return mover === 'tenant' || mover === 'api-owner' || mover === 'operator' ? 'blocked' : 'final';
};
