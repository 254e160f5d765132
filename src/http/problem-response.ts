import { Problem } from '../domain/problem.ts';
import { problems } from '../domain/problems.ts';
import type { Log } from '../lib/log.ts';
import { scrub } from '../lib/mask.ts';
import type { Answer } from './route.ts';
import { MethodNotAllowed } from './route-table.ts';

/** How long to wait where the problem itself does not say. */
const usualPauseSeconds = 5;

const headersOf = (problem: Problem, status: number): Record<string, string> => {
  const { retryAfterSeconds, consentId } = problem.more;
  const pause = retryAfterSeconds ?? (status === 503 || status === 429 ? usualPauseSeconds : undefined);
  return {
    ...(problem.code === 'unauthorized' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(problem instanceof MethodNotAllowed ? { allow: problem.allow } : {}),
    ...(pause === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(pause))) }),
    ...(consentId === undefined ? {} : { location: `/v1/consents/${consentId}` }),
  };
};

/** The body of `application/problem+json`. Details are scrubbed: what somebody put into them may come from outside. */
export const problemBody = (problem: Problem, requestId: string) => {
  const { status, title, mover } = problems[problem.code];
  const { link, errors, consentId, traceId } = problem.more;
  return {
    type: `/problems/${problem.code}`,
    title,
    status,
    detail: scrub(problem.detail),
    instance: `urn:uuid:${requestId}`,
    mover,
    ...(link === undefined ? {} : { link }),
    ...(errors === undefined
      ? {}
      : { errors: errors.map((fault) => ({ ...fault, field: scrub(fault.field), detail: scrub(fault.detail) })) }),
    ...(consentId === undefined ? {} : { consentId }),
    ...(traceId === undefined ? {} : { traceId }),
  };
};

/** Turns what was thrown into an answer. The unforeseen is logged as an error, and told as `internal`. */
export const answerOf = (error: unknown, requestId: string, log: Log): Answer => {
  const problem =
    error instanceof Problem ? error : new Problem('internal', 'Quote the instance to the operator', { cause: error });
  const { status } = problems[problem.code];
  if (problem.code === 'internal') log.error({ error, requestId }, problem.code);
  else if (status >= 500) log.warn({ error, requestId }, problem.code);
  return {
    status,
    headers: headersOf(problem, status),
    content: { type: 'application/problem+json', bytes: JSON.stringify(problemBody(problem, requestId)) },
  };
};
