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

const wordOf = (error: unknown): string => (error instanceof Problem ? error.detail : wordsOf(error));

/**
 * Opens a signing key as a worker would. A process without the keystore's private keys is an API's, and must not. One that lies
 * elsewhere is only touched when it signs, so it signs here.
 */
export const openedKey = async (
  { keyOf, shut }: Pick<Examination, 'keyOf' | 'shut'>,
  by: UsableClient,
): Promise<Opened> => {
  const closed = shut(by.key);
  if (closed !== undefined) return { closed, why: 'not-ours' };
  try {
    const key = await keyOf(by);
    if (by.key.source) await key.sign(Buffer.from('hub doctor looks whether this key signs'));
    return { key };
  } catch (error) {
    // What workers log, and tell nobody else.
    const isElsewhere = error instanceof Problem && error.code === 'client-key-unavailable';
    return { closed: wordOf(isElsewhere ? error.cause : error), why: 'broken' };
  }
};
