import { Problem } from '../../domain/problem.ts';

/** The caller hung up: nobody is there to hear of anything. */
export class CallerLeft extends Error {
  override readonly name = 'CallerLeft';
}

const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const connections = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET']);

/** In a word that may stand in a log: an error of the connection may carry bytes that came over it. */
export const reasonOf = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name);
};

/** A connection that broke or could not be made, which a fresh one may not. */
export const isOfConnection = (error: unknown): boolean => connections.has(reasonOf(error));

export const problemOf = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  const reason = reasonOf(error);
  const cause = new Error(reason);
  return timeouts.has(reason)
    ? new Problem('data-source-timeout', 'The data source was silent for too long', { cause })
    : new Problem('data-source-unavailable', 'The data source gave no answer', { cause });
};
