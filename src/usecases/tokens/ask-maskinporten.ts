import { isNothing, type Seen, signingOrder, verdictOf, whatFollows } from '../../domain/client-keys.ts';
import { Problem } from '../../domain/problem.ts';
import { linkedProblem } from '../access/problem-link.ts';
import { nobodysTenant } from '../jobs.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import type { IssuedToken, SigningKey, TokenAsk } from '../ports.ts';
import { recordClient } from './record-client.ts';
import { signingKeys } from './signing-keys.ts';

export type ClientAsk = Omit<TokenAsk, 'clientId' | 'key'>;
/** What asking takes, in a hub or in a command. */
type AskingParts = Pick<
  Parts,
  'clock' | 'ids' | 'log' | 'store' | 'maskinporten' | 'keystore' | 'signing' | 'keySources'
> & { settings: Pick<Parts['settings'], 'links'> };
type Key = ClientWithKeys['keys'][number];
/** `error` also where the key was taken, and scope or access refused. */
type Answer = { seen: Seen } & ({ issued: IssuedToken } | { error: unknown });

/** Clients are looked at anew when all keys we knew of were refused: somebody may have changed them that moment. */
const mostRounds = 3;

/**
 * Asks Maskinporten with the right key. One that is refused is no failure as long as another of the same client is taken:
 * the same is asked at once with that one. What was learnt of keys and client is noted, and done what follows from it.
 */
export const askMaskinporten = (parts: AskingParts) => {
  const { clock, log, store, maskinporten, settings } = parts;
  const keyOf = signingKeys(parts);
  const record = recordClient(parts);

  const once = async (client: ClientWithKeys, key: Key, ask: ClientAsk, signal: AbortSignal): Promise<Answer> => {
    let opened: SigningKey;
    try {
      opened = await keyOf({ client, key });
    } catch (error) {
      log.error({ error, client: client.name, kid: key.kid }, 'a signing key cannot be opened');
      return { seen: { keyId: key.id, verdict: 'unasked' }, error };
    }
    try {
      const issued = await maskinporten.requestToken({ ...ask, clientId: client.clientId, key: opened }, signal);
      return { seen: { keyId: key.id, verdict: 'taken' }, issued };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const seen: Seen = { keyId: key.id, verdict: verdictOf(error, ask), problem: linkedProblem(settings, error) };
      return { seen, error };
    }
  };

  /** A look with nothing of a tenant's in it decides what was doubtful. */
  const oweLook = async (client: ClientWithKeys, seen: readonly Seen[]): Promise<void> => {
    if (client.stoppedAt || !seen.some(({ verdict }) => verdict === 'doubtful')) return;
    const now = clock.now();
    await store.asOperator((rows) => rows.outbox.owe('probe-client', nobodysTenant, client.id, now, now));
  };

  /** What cannot be noted now shows again with the next grant: nobody loses a token, or hears of another failure, for it. */
  const noted = async (client: ClientWithKeys, seen: readonly Seen[]): Promise<ClientWithKeys | undefined> => {
    try {
      await oweLook(client, seen);
      return isNothing(whatFollows(client, seen, clock.now())) ? client : await record(client.id, seen);
    } catch (error) {
      log.error({ error, client: client.name }, 'what a grant told of a client could not be noted');
      return client;
    }
  };

  /** Tries these keys in turn until one is not refused, and notes what was seen where anything follows from it. */
  const inTurn = async (client: ClientWithKeys, keys: readonly Key[], ask: ClientAsk, signal: AbortSignal) => {
    const answers: Answer[] = [];
    for (const key of keys) {
      const answer = await once(client, key, ask, signal);
      answers.push(answer);
      if (answer.seen.verdict === 'taken' || answer.seen.verdict === 'silent') break;
    }
    const last = answers.at(-1);
    // The very same was asked with another key, and taken: it was not the tenant's words that were refused before.
    const isSure = last?.seen.verdict === 'taken';
    const seen = answers.map(({ seen: one }): Seen => {
      return isSure && one.verdict === 'doubtful' ? { ...one, verdict: 'refused' } : one;
    });
    if (answers.length > 1 && last?.seen.verdict === 'taken')
      log.warn({ client: client.name, key: last.seen.keyId }, 'a signing key is refused; another helped out');
    return { answers, after: await noted(client, seen) };
  };

  /** All its keys in turn; `first` is what the one that signs met, `last` how it ended. */
  const withAny = async (client: ClientWithKeys, ask: ClientAsk, signal: AbortSignal) => {
    const tried = new Set<string>();
    const all: Answer[] = [];
    let known: ClientWithKeys | undefined = client;
    for (let round = 1; known && round <= mostRounds; round += 1) {
      const untried = signingOrder(known.keys).filter(({ id }) => !tried.has(id));
      if (untried.length === 0) break;
      const { answers, after } = await inTurn(known, untried, ask, signal);
      for (const answer of answers) tried.add(answer.seen.keyId);
      all.push(...answers);
      if (answers.some(({ seen }) => seen.verdict === 'taken' || seen.verdict === 'silent')) break;
      known = after;
    }
    return { first: all[0], last: all.at(-1) };
  };

  return {
    /** @throws Problem by the table of refusals; of several keys that were refused, what the one that signs met */
    async request(client: ClientWithKeys, ask: ClientAsk, signal: AbortSignal): Promise<IssuedToken> {
      const { first, last } = await withAny(client, ask, signal);
      if (!first || !last) throw new Problem('client-missing', 'The client has no key ready');
      if ('issued' in last) return last.issued;
      const told = last.seen.verdict === 'silent' || last.seen.verdict === 'taken' ? last : first;
      throw 'error' in told ? told.error : new Error('a refusal without an error');
    },
    /** Which key was taken in the end, whatever was said of scope and access; none: nobody was, or nothing was said. */
    takenWith: async (client: ClientWithKeys, ask: ClientAsk, signal: AbortSignal): Promise<string | undefined> => {
      const { last } = await withAny(client, ask, signal);
      return last?.seen.verdict === 'taken' ? last.seen.keyId : undefined;
    },
    /** With this key and no other. Answers the client as it is then; undefined when it is gone. */
    tryKey: async (client: ClientWithKeys, key: Key, ask: ClientAsk, signal: AbortSignal) =>
      (await inTurn(client, [key], ask, signal)).after,
    /** The same, and what was seen of it. */
    verdictOn: async (client: ClientWithKeys, key: Key, ask: ClientAsk, signal: AbortSignal) =>
      (await inTurn(client, [key], ask, signal)).answers[0]?.seen.verdict,
  };
};
