import { LRUCache } from 'lru-cache';
import { Problem } from '../../domain/problem.ts';
import { sharedAsks } from '../../lib/shared-asks.ts';
import { type HttpAnswer, type HttpCaller, NoAnswer } from '../http-caller.ts';

/** A token in the place of Maskinporten's, or what Altinn said instead of giving one. */
export type Exchanged = { token: string } | { refused: HttpAnswer };

const isJwt = (body: unknown): body is string => typeof body === 'string' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(body);

/**
 * Altinn's own tokens for Maskinporten's. Each is used as long as the one it was given for and no longer: it would live for
 * half an hour, and outlive a delegation that was taken back. It is therefore remembered by that one.
 *
 * @param baseUrl Altinn's platform, where Altinn 3 lives
 * @see docs/sources/altinn-2.md
 */
export const exchangedTokens = (baseUrl: string, http: HttpCaller) => {
  const url = new URL('authentication/api/v1/exchange/maskinporten', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const known = new LRUCache<string, string>({ max: 2000 });
  const shared = sharedAsks<Exchanged>(() => false);
  /**
   * Repeats do no harm, and nothing of what the token is for has gone out.
   *
   * @throws Problem `altinn-unreachable`
   */
  return (given: string, signal: AbortSignal): Promise<Exchanged> => {
    const token = known.get(given);
    if (token !== undefined) return Promise.resolve({ token });
    return shared(given, async () => {
      const headers = { authorization: `Bearer ${given}`, accept: 'application/json' };
      const answer = await http.call({ method: 'GET', url, headers }, signal).catch((error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error;
        throw new Problem('altinn-unreachable', 'Altinn exchanges no token: it does not answer.', { cause: error });
      });
      const { status, body } = answer;
      if (status === 401) return { refused: answer };
      if (status !== 200 || !isJwt(body))
        throw new Problem('altinn-unreachable', `Altinn exchanges no token: it answered ${status}.`);
      known.set(given, body);
      return { token: body };
    });
  };
};
