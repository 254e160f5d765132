import { z } from 'zod';
import { soon } from '../../lib/soon.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { AudienceUri, Instant, Scope } from '../fields.ts';
import { type Route, route } from '../route.ts';
import { tokenProblems } from './token-problems.ts';

const Ask = z.strictObject({
  scope: Scope.meta({ description: 'A data scope of one of your services.', example: 'skatteetaten:inntekt' }),
  resource: AudienceUri.exactOptional().meta({
    description: 'The audience the token shall be restricted to: an absolute URI without a fragment.',
    example: 'https://api.example.no',
  }),
});

type Handed = Awaited<ReturnType<UseCases['readToken']>>;
/** The same token goes out many times, and looks the same each time. */
const views = new WeakMap<Handed, object>();
const view = (handed: Handed): object => {
  const known = views.get(handed);
  if (known) return known;
  const { token, expiresAt, scope } = handed;
  const made = Object.freeze({ token, expiresAt: expiresAt.toISOString(), scope });
  views.set(handed, made);
  return made;
};

/** `/v1/tokens`: a Maskinporten token in the tenant's name. */
export const tokenRoutes = (uses: UseCases): Route[] => [
  route({
    name: 'readToken',
    method: 'post',
    path: '/v1/tokens',
    audience: 'tenant',
    scope: 'tokens:read',
    tag: 'Tokens',
    summary: 'Get a Maskinporten token',
    description: 'Only for a scope that one of your enabled services names as its data scope.',
    body: Ask,
    bodyRepeats: true,
    replies: { 200: z.object({ token: z.string(), expiresAt: Instant, scope: z.string() }) },
    problems: ['token-resources-too-many', ...tokenProblems],
    handle: ({ by, body }) => soon(uses.readToken(by, body), (handed) => ({ status: 200, body: view(handed) })),
  }),
];
