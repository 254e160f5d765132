import { z } from 'zod';
import { type Endpoint, parseJson } from '../exchange.ts';
import { rememberFor } from '../spread.ts';
import type { Client, ClientKey } from '../world.ts';
import { invalid, SelfServiceRefused } from './refusals.ts';
import { guarded, ownClient, type SelfService } from './self-service.ts';

const yearMs = 365 * 86_400_000;
const mostKeys = 5;

/** `use` has had to be there since May 2025, also of keys that were posted before. */
const Jwk = z.looseObject({
  kty: z.literal('RSA'),
  use: z.literal('sig'),
  alg: z.enum(['RS256', 'RS384', 'RS512']),
  kid: z.string().regex(/^[\w.-]+$/),
  n: z.string().min(342),
  e: z.string().min(1),
  exp: z.number().int().optional(),
  d: z.never('is private and must not be sent').optional(),
});
const Jwks = z.object({ keys: z.array(Jwk).min(1, 'must not be empty').max(mostKeys, `at most ${mostKeys}`) });

const readKeys = (text: string): z.infer<typeof Jwk>[] => {
  const read = Jwks.safeParse(parseJson(text));
  if (!read.data) {
    const faults = read.error.issues.map(({ path, message }) => ({
      field: path.join('.'),
      message: `${path.join('.')}: ${message}`,
    }));
    throw new SelfServiceRefused(400, 'bad_request', 'The keys are not valid', faults);
  }
  const { keys } = read.data;
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw invalid('keys', 'kid must be unique');
  return keys;
};

const endOf = ({ postedAt, endsAt }: ClientKey): Date => endsAt ?? new Date(postedAt.getTime() + yearMs);

const viewOf = ({ keys, shown }: Client) => ({
  keys: [...keys.values()].map((key) => ({ ...key.jwk, exp: Math.floor(endOf(key).getTime() / 1000) })),
  created: shown.created.toISOString(),
  last_updated: shown.updated.toISOString(),
});

/** The whole set is replaced. All that is posted begins its year anew, unless an earlier end is posted with it. */
const putKeys = (client: Client, posted: readonly z.infer<typeof Jwk>[], now: Date): void => {
  const before = client.keys;
  client.keys = new Map(
    posted.map(({ exp, d: _, ...jwk }) => {
      const endsAt = new Date(Math.min((exp ?? Number.POSITIVE_INFINITY) * 1000, now.getTime() + yearMs));
      // One that stays has long been known everywhere.
      const postedAt = before.get(jwk.kid)?.jwk['n'] === jwk.n ? (before.get(jwk.kid)?.postedAt ?? now) : now;
      return [jwk.kid, { kid: jwk.kid, jwk, postedAt, endsAt }];
    }),
  );
  client.shown.updated = now;
};

/** A client's public keys. */
export const keyEndpoints = (selfService: SelfService): Endpoint[] => {
  const { world, settings, clock } = selfService;
  const endpoint = guarded(selfService);
  const change = (client: Client, keys: z.infer<typeof Jwk>[]) => ({
    land() {
      const now = clock.now();
      rememberFor(client, settings, now);
      putKeys(client, keys, now);
      return { status: 200, body: viewOf(client) };
    },
  });
  return [
    endpoint('get', '/clients/:id/jwks', 'read', ({ params }, orgno) => ({
      status: 200,
      body: viewOf(ownClient(world, orgno, params['id'])),
    })),
    ...(['post', 'put'] as const).map((method) =>
      endpoint(method, '/clients/:id/jwks', 'modify', ({ params, body }, orgno) =>
        change(ownClient(world, orgno, params['id']), readKeys(body)),
      ),
    ),
    endpoint('delete', '/clients/:id/jwks', 'modify', ({ params }, orgno) => {
      const client = ownClient(world, orgno, params['id']);
      return {
        land() {
          change(client, []).land();
          return { status: 204 };
        },
      };
    }),
  ];
};
