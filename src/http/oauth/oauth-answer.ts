import { z } from 'zod';
import { Problem, type ProblemCode } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import { scrub } from '../../lib/mask.ts';
import { RequestAborted } from '../read-body.ts';
import type { Answer } from '../route.ts';

/** RFC 6749, 5.2, and for what it has no word for the one of 4.1.2.1. */
const words: Partial<Record<ProblemCode, string>> = {
  'client-unauthenticated': 'invalid_client',
  'grant-type-unsupported': 'unsupported_grant_type',
  'scope-not-held': 'invalid_scope',
  'address-not-allowed': 'unauthorized_client',
  'tenant-suspended': 'unauthorized_client',
};

const wordFor = (code: ProblemCode, status: number): string => {
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return words[code] ?? (status >= 500 ? 'server_error' : 'invalid_request');
};

/** What is wrong with a form is 400 there, whatever it is. */
const statusFor = (status: number): number => (status > 403 && status < 500 && status !== 429 ? 400 : status);

/** In visible ASCII without quotes and backslashes, as `error_description` wants it. */
const described = (detail: string): string =>
  scrub(detail)
    .replaceAll('’', "'")
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, "'");

export const OAuthError = z
  .object({
    error: z.string().meta({ example: 'invalid_client' }),
    error_description: z.string(),
    error_uri: z.string().meta({ description: 'The problem behind it, explained: `/problems/<code>`.' }),
  })
  .meta({ id: 'OAuthError' });

/** What went wrong, in the words that clients of OAuth know; `error_uri` leads to ours. */
export const oauthTold = ({ code, detail }: Problem): { status: number; body: z.output<typeof OAuthError> } => {
  const { status } = problems[code];
  return {
    status: statusFor(status),
    body: { error: wordFor(code, status), error_description: described(detail), error_uri: `/problems/${code}` },
  };
};

export const oauthAnswer = (error: unknown): Answer => {
  // There is nobody to answer.
  if (error instanceof RequestAborted) throw error;
  const problem = error instanceof Problem ? error : new Problem('internal', 'Try again', { cause: error });
  const { status, body } = oauthTold(problem);
  return { status, problem, content: { type: 'application/json; charset=utf-8', bytes: JSON.stringify(body) } };
};
