import { z } from 'zod';
import { Instant } from '../fields.ts';
import { type Route, route } from '../route.ts';

const all = { method: 'get', audience: 'everybody', tag: 'For everybody', problems: [] } as const;
const Ready = z.object({
  status: z.enum(['ok', 'not-ready']),
  checks: z
    .record(z.string(), z.string())
    .meta({ description: 'What this process needs: `ok`, or why not.', example: { database: 'ok' } }),
});

/** Does the process live, and can it work? */
export const healthRoutes = (): Route[] => [
  route({
    ...all,
    name: 'healthz',
    path: '/healthz',
    summary: 'The process lives',
    replies: { 200: z.object({ status: z.literal('ok'), now: Instant.meta({ description: 'The hub’s clock.' }) }) },
    handle: async ({ site }) => ({ status: 200, body: { status: 'ok', now: site.now().toISOString() } }),
  }),
  route({
    ...all,
    name: 'readyz',
    path: '/readyz',
    summary: 'The process can work',
    replies: { 200: Ready, 503: Ready },
    handle: async ({ site }) => {
      const checks = await site.checks();
      const ok = Object.values(checks).every((said) => said === 'ok');
      if (ok) return { status: 200, body: { status: 'ok', checks } };
      return { status: 503, headers: { 'retry-after': '5' }, body: { status: 'not-ready', checks } };
    },
  }),
];
