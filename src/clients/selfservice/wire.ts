import { z } from 'zod';
import type { DigdirClient } from '../../domain/client-plan.ts';
import type { ListedKey } from '../../domain/key-set.ts';

const Client = z.looseObject({
  client_id: z.string(),
  client_name: z.string().nullish(),
  description: z.string().nullish(),
  active: z.boolean().nullish(),
  integration_type: z.string().nullish(),
  scopes: z.array(z.string()).nullish(),
});

/** Of each what we look at; what cannot be read is left out, and says nothing of the others. */
export const toClient = (given: unknown): DigdirClient | undefined => {
  const { data } = Client.safeParse(given);
  return (
    data && {
      clientId: data.client_id,
      name: data.client_name ?? '',
      description: data.description ?? '',
      active: data.active ?? true,
      scopes: data.scopes ?? [],
      whole: data,
    }
  );
};

/** Are these clients of Maskinporten's at all? The same list has those that people log in at. */
export const isMaskinportens = ({ whole }: DigdirClient): boolean =>
  (whole['integration_type'] ?? 'maskinporten') === 'maskinporten';

const Key = z.looseObject({ kid: z.string(), exp: z.number().nullish() });
const Keys = z.looseObject({ keys: z.array(Key).nullish() });

/** Undefined where it is no set at all. A key that cannot be read makes it none: writing it back would lose it. */
export const toKeys = (given: unknown): ListedKey[] | undefined =>
  Keys.safeParse(given).data?.keys?.map(({ exp, ...jwk }) => ({
    kid: jwk.kid,
    jwk: typeof exp === 'number' ? { ...jwk, exp } : jwk,
    ...(typeof exp === 'number' ? { endsAt: new Date(exp * 1000) } : {}),
  }));

/** `use` is mandatory since May 2025, also of keys that were posted before without one. */
export const fromKeys = (keys: readonly ListedKey[]): object => ({
  keys: keys.map(({ jwk }) => ({ use: 'sig', ...jwk })),
});

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export const fromAsk = (ask: { name: string; description: string; scopes: readonly string[] }): object => ({
  integration_type: 'maskinporten',
  application_type: 'web',
  client_name: ask.name,
  description: ask.description,
  token_endpoint_auth_method: 'private_key_jwt',
  grant_types: [jwtBearer],
  scopes: ask.scopes,
});

/** A client as it is sent back, without what only the server knows. */
export const withScopes = ({ whole }: DigdirClient, scopes: readonly string[]): object => {
  const { created: _, last_updated: __, ...rest } = whole;
  return { ...rest, scopes };
};

const Granted = z.looseObject({ scope: z.string(), state: z.string() });

export const toGranted = (given: unknown): { scope: string; state: string } | undefined => {
  const { data } = Granted.safeParse(given);
  return data && { scope: data.scope, state: data.state };
};
