import { z } from 'zod';
import { Problem } from '../../domain/problem.ts';
import { limitByKey } from '../../lib/limit-by-key.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById } from '../fields.ts';
import { networkOf } from '../limits.ts';
import { type Route, route } from '../route.ts';

const Key = z.object({
  kty: z.string(),
  crv: z.string(),
  x: z.string(),
  kid: z.string(),
  alg: z.string(),
  use: z.string(),
});

/** Of one address: each look costs one at the database, and whoever checks archives checks a few. */
const mostLooks = { most: 50, intervalMs: 5000 };

/** Whoever has an archive of a tenant can check that this hub made it. */
export const archiveKeyRoutes = (
  { findArchiveKey }: Pick<UseCases, 'findArchiveKey'>,
  looksOf = limitByKey(mostLooks),
): Route[] => [
  route({
    audience: 'everybody',
    tag: 'For everybody',
    name: 'readArchiveKey',
    method: 'get',
    path: '/archive-keys/:id',
    summary: 'The public key of an archive',
    description: 'A JWK set of one key, which signed the manifest of this archive and nothing else.',
    params: ById,
    replies: { 200: z.object({ keys: z.array(Key) }) },
    problems: ['archive-key-not-found', 'too-many-requests'],
    handle: async ({ params, address }) => {
      const waitMs = looksOf(networkOf(address))();
      if (waitMs > 0)
        throw new Problem('too-many-requests', 'Too many requests from this address', {
          retryAfterSeconds: Math.ceil(waitMs / 1000),
        });
      const key = await findArchiveKey(params.id);
      if (!key) throw new Problem('archive-key-not-found', 'No archive with this id was made here');
      return { status: 200, body: { keys: [key] } };
    },
  }),
];
