import { Problem } from '../../domain/problem.ts';
import type { Parts } from '../memory.ts';
import type { TokenFor, TokenNeed } from './known-token.ts';
import { noteUse } from './note-use.ts';

/** A token fetched so lately is as good as another: refused, it is not the token's fault. Also how seldom we try. */
const freshMs = 1000;

/**
 * Calls Altinn with a token. One that was kept may have been good when it was fetched and not be any more (keys were
 * replaced): refused, it is forgotten, and the call made once more with a new one before anybody is told.
 */
export const withToken = (parts: Pick<Parts, 'clock' | 'store' | 'log'>, tokenFor: TokenFor) => {
  const { clock } = parts;
  const isUsed = noteUse(parts);
  return async <T>(need: TokenNeed, signal: AbortSignal, call: (token: string) => Promise<T>): Promise<T> => {
    const { id, token, fetchedAt } = await tokenFor(need, signal);
    isUsed(need.tenantId, id);
    try {
      return await call(token);
    } catch (error) {
      const isFresh = clock.now().getTime() - fetchedAt.getTime() < freshMs;
      if (isFresh || !(error instanceof Problem) || error.code !== 'altinn-not-authorised') throw error;
      return call((await tokenFor({ ...need, refused: token }, signal)).token);
    }
  };
};
