import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';
import { Problem } from '../../domain/problem.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { HttpAnswer, HttpCaller } from '../http-caller.ts';

/** However long Altinn says that they may be kept. */
const shortestMs = 5 * 60_000;
const longestMs = 24 * 60 * 60_000;
/** While Altinn does not show them, those known serve on for so long: certificates are announced, and live for years. */
const graceMs = 24 * 60 * 60_000;
/** A token may name a key that is newer than what we know; or one that there never was. */
const unknownMs = 60_000;

const ServerMetadata = z.looseObject({ jwks_uri: z.url({ protocol: /^https?$/ }) });

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

/**
 * The keys that Altinn 2 signs consent tokens with, found by its metadata and kept at hand. A key that is not among them
 * makes them be read again, now and then.
 */
export const openSigningKeys = ({
  base,
  http,
  clock,
  log,
}: {
  base: URL;
  http: HttpCaller;
  clock: Clock;
  log: Log;
}) => {
  let known: Keys | undefined;
  let reading: Promise<void> | undefined;

  const get = async (url: URL): Promise<HttpAnswer> => {
    const answer = await http.call({ method: 'GET', url, headers: { accept: 'application/json' } });
    if (answer.status !== 200) throw new Error(`${url.href} answered ${answer.status}`);
    return answer;
  };

  /** Where the metadata says; the place it has always been where there is none to be read. */
  const placeOf = async (): Promise<URL> => {
    const usual = new URL('api/metadata/jwk', base);
    const answer = await get(new URL('.well-known/oauth-authorization-server', base)).catch((error: unknown) => {
      log.warn({ error }, 'altinn 2: its metadata was not read');
      return undefined;
    });
    const { data } = ServerMetadata.safeParse(answer?.body);
    if (!data) return usual;
    const named = new URL(data.jwks_uri);
    // What came over TLS is not to be spoilt by what does not.
    return base.protocol === 'https:' && named.protocol !== 'https:' ? usual : named;
  };

  const readNow = async (): Promise<void> => {
    const answer = await get(await placeOf());
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
      log.warn({ error }, 'altinn 2: the keys of consent tokens were not read');
      const serves = known !== undefined && now < known.staleAt.getTime() + graceMs;
      if (!serves) throw new Problem('altinn-unavailable', 'Altinn 2 does not show its keys.', { cause: error });
    }
    if (!known) throw new Error('the keys are gone');
    return known;
  };

  return {
    /** The key of that name; undefined when Altinn has none such. @throws Problem `altinn-unavailable` */
    async find(name: string): Promise<CryptoKey | undefined> {
      const keys = await current();
      const found = keys.byName.get(name);
      if (found || clock.now().getTime() - keys.readAt.getTime() < unknownMs) return found;
      // Its time begins anew also when it fails: whoever makes up names must not make us ask.
      keys.readAt = clock.now();
      await look().catch((error: unknown) => log.warn({ error }, 'altinn 2: keys not read again'));
      return known?.byName.get(name);
    },
  };
};

export type SigningKeys = ReturnType<typeof openSigningKeys>;
