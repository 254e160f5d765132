import { z } from 'zod';
import type { AuditEntry as AuditState, QueueCount as QueueState } from '../../usecases/oversight.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { Instant, Line, orNull, Uuid } from '../fields.ts';
import { PageOf, pageAsk, pageView, paging } from '../paging.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'operator', tag: 'Oversight', role: 'reader' } as const;

const AuditEntry = z
  .object({
    id: Uuid,
    at: Instant,
    tenantId: Uuid.nullable(),
    actor: z.object({ kind: z.enum(['api-key', 'operator-key', 'system']), id: z.string(), name: z.string() }),
    action: z.string().meta({ example: 'tenant.suspended' }),
    target: z.string(),
    details: z
      .unknown()
      .meta({ description: 'More, without secrets or national identity numbers.', type: 'object', example: {} }),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' });

const auditView = (entry: AuditState) => ({
  ...entry,
  at: entry.at.toISOString(),
  tenantId: orNull(entry.tenantId),
  requestId: orNull(entry.requestId),
});

const Queue = z
  .object({
    queue: z.string().meta({ example: 'submit-consent' }),
    owed: z.number().int().meta({ description: 'Work not done yet, in PostgreSQL.' }),
    due: z.number().int(),
    handedOut: z.number().int(),
    failing: z.number().int(),
    oldestDueSeconds: z.number(),
    lastProblem: z.string().nullable(),
    engine: z
      .object({ waiting: z.number().int(), active: z.number().int() })
      .nullable()
      .meta({ description: 'In the queue engine; null while it does not answer.' }),
  })
  .meta({ id: 'Queue' });

const queueView = (count: QueueState) => ({ ...count, lastProblem: orNull(count.lastProblem) });

/** What was done and seen, and how the work stands. */
export const oversightRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'listAudit',
    method: 'get',
    path: '/operator/v1/audit',
    summary: 'Read the audit',
    description: 'Every change and every look at personal data, newest first.',
    query: z.strictObject({ tenantId: z.uuid().optional(), action: Line(100).optional(), ...paging }),
    replies: { 200: PageOf(AuditEntry) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query: { cursor, limit, ...filter } }) => ({
      status: 200,
      body: pageView(await uses.listAudit(by, filter, pageAsk({ cursor, limit })), auditView),
    }),
  }),
  route({
    ...all,
    name: 'countQueues',
    method: 'get',
    path: '/operator/v1/queues',
    summary: 'How each kind of work stands',
    replies: { 200: PageOf(Queue) },
    problems: [],
    handle: async ({ by }) => ({ status: 200, body: pageView({ items: await uses.countQueues(by) }, queueView) }),
  }),
];
