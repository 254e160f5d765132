import type { Examination } from '../../compose-examination.ts';
import { type KeptProblem, keptProblem, Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import { problemLink } from '../../usecases/access/problem-link.ts';
import type { IssuedToken, SigningKey } from '../../usecases/ports.ts';
import type { UsableClient } from '../../usecases/tokens/find-client.ts';
import { type Finding, wordsOf } from './finding.ts';

/** A token that lives for this line alone, or why there was none. */
export type Tried = { issued: IssuedToken } | { problem: KeptProblem };

/** A problem as a line: whose move it is, and the link where they can make it. */
export const refused = (
  { settings }: Pick<Examination, 'settings'>,
  what: string,
  { code, detail, mover, link, traceId }: KeptProblem,
): Finding => ({
  what,
  state: 'wrong',
  says: detail,
  mover,
  code,
  ...(link === undefined ? problemLink(settings, mover) : { link }),
  ...(traceId === undefined ? {} : { traceId }),
});

/** Asks for one token, once. It goes nowhere: whoever gets it says what came of it, and forgets it. */
export const tryToken = async (
  { maskinporten, patience }: Pick<Examination, 'maskinporten' | 'patience'>,
  ask: { clientId: string; key: SigningKey; scope: string; consumer: string },
): Promise<Tried> => {
  const { clientId, key, scope, consumer } = ask;
  try {
    const issued = await maskinporten.requestToken({ clientId, key, consumer, scopes: scopesNamed(scope) }, patience());
    return { issued };
  } catch (error) {
    const problem =
      error instanceof Problem ? error : new Problem('internal', `The token could not be asked for: ${wordsOf(error)}`);
    return { problem: keptProblem(problem) };
  }
};

export type Opened = { key: SigningKey } | { closed: string; why: 'not-ours' | 'broken' };

/** Opens a signing key as a worker would. A process without the keystore's private keys is an API's, and must not. */
export const openedKey = async (
  { keyOf, mayOpen }: Pick<Examination, 'keyOf' | 'mayOpen'>,
  by: UsableClient,
): Promise<Opened> => {
  if (!mayOpen(by.key))
    return {
      closed: 'this process has no HUB_KEYSTORE_PRIVATE_KEYS: run it with a worker’s settings',
      why: 'not-ours',
    };
  try {
    return { key: await keyOf(by) };
  } catch (error) {
    return { closed: error instanceof Problem ? error.detail : wordsOf(error), why: 'broken' };
  }
};
