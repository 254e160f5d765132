import type { UseCases } from '../../usecases/use-cases.ts';
import { PageOf, PageQuery, pageAsk, pageView } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { Event } from './event-schema.ts';

/** `/v1/events`: what happened, in order. */
export const eventRoutes = (uses: UseCases): Route[] => [
  route({
    name: 'listEvents',
    method: 'get',
    path: '/v1/events',
    audience: 'tenant',
    scope: 'events:read',
    tag: 'Events',
    summary: 'Read events in order',
    description: 'The same events as webhooks. `next` is always told: keep it, and ask again with it later.',
    query: PageQuery,
    replies: { 200: PageOf(Event) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query }) => ({
      status: 200,
      body: pageView(await uses.listEvents(by, pageAsk(query, 'place')), (event) => event),
    }),
  }),
];
