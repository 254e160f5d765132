import { z } from 'zod';
import type { UseCases } from '../../usecases/use-cases.ts';
import { PageOf, PageQuery, paging, sealedPageView } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { Event } from './event-schema.ts';
import { eventStream } from './event-stream.ts';

const all = { method: 'get', audience: 'tenant', scope: 'events:read', tag: 'Events' } as const;

const streamExample = `: these are events as they happen
retry: 2000
id: kpbhcndi

id: mfoaabjk
event: consent.accepted
data: {"id":"0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77","type":"consent.accepted","timestamp":"2026-11-24T08:30:00.000Z","sequence":17,"data":{}}

`;

const StreamText = z.string().meta({
  description:
    'Server-sent events: `event` is the type, `data` an `Event` as JSON, just as in the list, and `id` the cursor that goes on after it.',
  example: streamExample,
});

/** `/v1/events`: what happened, in order. */
export const eventRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'listEvents',
    path: '/v1/events',
    summary: 'Read events in order',
    description:
      'The same events as webhooks and the stream; without a cursor from the oldest that is kept. `next` is always told: keep it, and ask again with it later.',
    query: PageQuery,
    replies: { 200: PageOf(Event) },
    problems: ['cursor-invalid', 'cursor-expired'],
    handle: async ({ by, query }) => ({
      status: 200,
      body: sealedPageView(await uses.listEvents(by, query), (event) => event),
    }),
  }),
  route({
    ...all,
    name: 'followEvents',
    path: '/v1/events/stream',
    summary: 'Follow events as they happen',
    description: `Server-sent events, each once and in order, whichever process of the hub wrote it. Goes on after \`Last-Event-ID\`, or else after \`?cursor=\`, which may be \`next\` of the list; without either it begins with what happens from now on. The stream opens with an \`id\` of its own, so that whoever is cut off before the first event goes on from there.

A comment comes at least every 15 seconds. The stream ends within five seconds when the key or its tenant is stopped, or when that cannot be looked at, and when the hub's process closes: come back with \`Last-Event-ID\`. A reader that takes nothing for 30 seconds is cut.`,
    streams: true,
    query: z.strictObject({ cursor: paging.cursor }),
    replies: { 200: StreamText },
    problems: ['cursor-invalid', 'cursor-expired', 'too-many-streams'],
    handle: async ({ by, query: { cursor }, lastEventId }) => ({
      status: 200,
      headers: { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' },
      // A client that comes back sends both, and the header is the newer one.
      stream: eventStream(
        await uses.followEvents(by, lastEventId ? { cursor: lastEventId, field: 'Last-Event-ID' } : { cursor }),
      ),
    }),
  }),
];
