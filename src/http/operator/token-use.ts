import { z } from 'zod';
import type { TokenUse as TokenUseState, UseCases } from '../../usecases/use-cases.ts';
import { ById, Instant, InstantIn, Uuid } from '../fields.ts';
import { PageOf, pageAsk, pageView, paging } from '../paging.ts';
import { type Route, route } from '../route.ts';

const spans = ['hour', 'day', 'month'] as const;

const TokenUse = z
  .object({
    keyId: Uuid.meta({ description: 'The API key they left with.' }),
    scope: z.string().meta({ example: 'skatteetaten:inntekt' }),
    from: Instant.meta({ description: 'When the hour, day or month began, in UTC.' }),
    per: z.enum(spans),
    tokens: z.int(),
    lastAt: Instant.meta({ description: 'The latest of them.' }),
  })
  .meta({ id: 'TokenUse' });

const tokenUseView = (use: TokenUseState) => ({
  ...use,
  from: use.from.toISOString(),
  lastAt: use.lastAt.toISOString(),
});

/** `/operator/v1/tenants/{id}/token-hand-outs`: what a tenant's apps fetched, for whoever bills it. */
export const tokenUseRoutes = (uses: UseCases): Route[] => [
  route({
    audience: 'operator',
    tag: 'Tenants',
    name: 'listTokenUse',
    method: 'get',
    path: '/operator/v1/tenants/:id/token-hand-outs',
    role: 'reader',
    summary: 'How many tokens were handed out to a tenant',
    description:
      'By API key, scope and hour, day or month, all in UTC; oldest first. Each is counted within a second or two. Hours are kept for 35 days after their month; what is older is told by month, whatever `per` says.',
    params: ById,
    query: z.strictObject({
      from: InstantIn.optional().meta({
        description: 'Hours, or months where they are long past, that begin then or later.',
      }),
      to: InstantIn.optional().meta({ description: 'That begin before then.' }),
      per: z.enum(spans).default('day'),
      ...paging,
    }),
    replies: { 200: PageOf(TokenUse) },
    problems: ['tenant-not-found', 'cursor-invalid'],
    handle: async ({ by, params, query: { cursor, limit, ...ask } }) => {
      const page = await uses.listTokenUse(by, params.id, ask, pageAsk({ cursor, limit }, 'tokens'));
      return { status: 200, body: pageView(page, tokenUseView) };
    },
  }),
];
