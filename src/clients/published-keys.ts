import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';
import { Problem, type ProblemCode } from '../domain/problem.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { HttpCaller } from './http-caller.ts';

/** However long it is said that they may be kept. */
const shortestMs = 5 * 60_000;
const longestMs = 24 * 60 * 60_000;
/** While they are not to be seen, those known serve on for so long: certificates are announced, and live for years. */
const graceMs = 24 * 60 * 60_000;

/** `kid` and `x5t` are the same, and either has been left out somewhere. Only RSA is used. */
const Key = z.looseObject({
  kty: z.literal('RSA'),
  use: z.literal('sig').nullish(),
  kid: z.string().nullish(),
  x5t: z.string().nullish(),
  n: z.string(),
  e: z.string(),
});
const KeySet = z.looseObject({ keys: z.array(z.unknown()).max(100) });

type Keys = { byName: Map<string, CryptoKey> /** Or when they were looked for. */; readAt: Date; staleAt: Date };

const inBounds = (maxAgeSeconds: number | undefined): number =>
  Math.min(longestMs, Math.max(shortestMs, (maxAgeSeconds ?? 0) * 1000));

/** One that cannot be read is left out: it says nothing of the others. */
const imported = async (body: unknown): Promise<Map<string, CryptoKey>> => {
  const byName = new Map<string, CryptoKey>();
  for (const one of KeySet.safeParse(body).data?.keys ?? []) {
    const { data } = Key.safeParse(one);
    const name = data?.kid ?? data?.x5t;
    if (!data || !name) continue;
    const key = await importJWK({ kty: 'RSA', n: data.n, e: data.e }, 'RS256').catch(() => undefined);
    if (key && !(key instanceof Uint8Array)) byName.set(name, key);
  }
  return byName;
};

type Options = {
  /** Where they are published. Asked for each time that they are read. */
  place(): Promise<URL>;
  /** Whose, and what they sign: for the log. */
  name: string;
  /** Said when there are none at hand, and none to be read. */
  missing: ProblemCode;
  /** So seldom they are read again for a name that is not among them. */
  unknownMs?: number;
  http: HttpCaller;
  clock: Clock;
  log: Log;
};

/** Keys that somebody publishes and signs with, kept at hand. One that is not among them makes them be read again, now and then. */
export const openPublishedKeys = ({ place, name: whose, missing, unknownMs = 60_000, http, clock, log }: Options) => {
  let known: Keys | undefined;
  let reading: Promise<void> | undefined;

  const readNow = async (): Promise<void> => {
    const url = await place();
    const answer = await http.call({ method: 'GET', url, headers: { accept: 'application/json' } });
    if (answer.status !== 200) throw new Error(`${url.href} answered ${answer.status}`);
    const byName = await imported(answer.body);
    if (byName.size === 0) throw new Error('the key set holds no key that can be used');
    const readAt = clock.now();
    known = { byName, readAt, staleAt: new Date(readAt.getTime() + inBounds(answer.maxAgeSeconds)) };
  };

  /** All who need them at once share one look. It goes on when one of them loses patience. */
  const look = (): Promise<void> => {
    reading ??= readNow().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  const current = async (): Promise<Keys> => {
    const now = clock.now().getTime();
    if (known && now < known.staleAt.getTime()) return known;
    try {
      await look();
    } catch (error) {
      log.warn({ error }, `${whose} were not read`);
      const serves = known !== undefined && now < known.staleAt.getTime() + graceMs;
      if (!serves) throw new Problem(missing, 'The keys that it signs with are not to be read.', { cause: error });
    }
    if (!known) throw new Error('the keys are gone');
    return known;
  };

  return {
    /** The key of that name; undefined when there is none such. @throws Problem `missing` */
    async find(name: string): Promise<CryptoKey | undefined> {
      const keys = await current();
      const found = keys.byName.get(name);
      if (found || clock.now().getTime() - keys.readAt.getTime() < unknownMs) return found;
      // Its time begins anew also when it fails: whoever makes up names must not make us ask.
      keys.readAt = clock.now();
      await look().catch((error: unknown) => log.warn({ error }, `${whose} were not read again`));
      return known?.byName.get(name);
    },
  };
};

export type PublishedKeys = ReturnType<typeof openPublishedKeys>;
