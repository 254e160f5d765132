import { z } from 'zod';
import { eventTypes } from '../../domain/event.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, InstantIn } from '../fields.ts';
import { type Route, route } from '../route.ts';

const Replay = z
  .strictObject({
    since: InstantIn.meta({ description: 'From then on.' }),
    until: InstantIn.exactOptional().meta({ description: 'What happened before then; by default all until now.' }),
    types: z
      .array(z.enum(eventTypes))
      .min(1)
      .max(100)
      .exactOptional()
      .meta({ description: 'These alone, among those that the endpoint wants.', example: ['consent.accepted'] }),
    consentId: z
      .uuid()
      .toLowerCase()
      .exactOptional()
      .meta({ description: 'Events of this consent alone.', example: '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77' }),
    dryRun: z.boolean().default(false).meta({ description: 'Only count them.' }),
  })
  .meta({ id: 'Replay' });
const Counted = z.object({ count: z.number().int().meta({ description: 'Events sent again.', example: 42 }) });

/** `/v1/webhook-endpoints/{id}/replay`: what happened, once more. */
export const replayRoutes = (uses: UseCases): Route[] => [
  route({
    name: 'replayEvents',
    method: 'post',
    path: '/v1/webhook-endpoints/:id/replay',
    audience: 'tenant',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Send what happened once more',
    description: `From the list of events: also what happened before there was this endpoint, what was delivered, given up, or held while it was disabled. What is on its way already comes by itself and is not sent twice. \`dryRun\` tells how many they are.

Each goes under its own id, with the header \`hub-replay: true\`; those of one consent in order; 20 a second, or fewer where the endpoint's \`ratePerSecond\` says so. 50,000 at once, and 60 times a minute, counts included. A \`ping\` and what speaks of an endpoint (\`webhook.…\`) go only where they went before.`,
    params: ById,
    body: Replay,
    replies: { 200: Counted, 202: Counted },
    problems: [
      'webhook-endpoint-not-found',
      'webhook-endpoint-disabled',
      'replay-period-invalid',
      'replay-too-old',
      'replay-too-large',
      'replay-empty',
    ],
    handle: async ({ by, params, body }) => ({
      status: body.dryRun ? 200 : 202,
      body: await uses.replayEvents(by, params.id, body),
    }),
  }),
];
