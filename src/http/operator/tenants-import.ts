import { z } from 'zod';
import { languages } from '../../domain/invitation.ts';
import type { TenantOutcome } from '../../domain/tenant-import.ts';
import { holdsNationalId } from '../../lib/mask.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { Instant, lastCheck, orNull, Uuid } from '../fields.ts';
import { type Route, route } from '../route.ts';

const mostRows = 500;
/** What a row says is looked at row by row, so that a bad one is refused and the others go on; here only that it is no flood. */
const Said = z.string().max(4000, lastCheck);
const Languages = z.enum(languages);

const Row = z
  .strictObject({
    orgno: Said.meta({ example: '910514318' }),
    name: Said.exactOptional().meta({ example: 'Fjordbanken ASA' }),
    services: z.array(Said).max(1000).exactOptional(),
    redirectUrls: z.array(Said).max(1000).exactOptional(),
    expiringDays: z.number().exactOptional(),
    language: Said.exactOptional().meta({ description: 'Of its invitation: nb, nn or en.' }),
  })
  .meta({ id: 'TenantRow', description: 'What is left out stays as it is; of a new tenant it is empty.' });

const Ask = z.strictObject({
  rows: z.array(Row).min(1).max(mostRows),
  dryRun: z
    .boolean()
    .default(true)
    .meta({ description: 'Only tell what would change. Unless it is false, nothing does.' }),
  invite: z
    .strictObject({ language: Languages.exactOptional() })
    .exactOptional()
    .meta({ description: 'Invite those that nobody has invited yet.' }),
});

const Outcome = z
  .object({
    orgno: z.string().nullable().meta({ description: 'As read; null where it may be a person’s number.' }),
    what: z.enum(['new', 'changed', 'unchanged', 'refused']),
    tenantId: Uuid.nullable(),
    changes: z.array(z.object({ field: z.string(), ours: z.unknown(), theirs: z.unknown() })),
    problem: z
      .object({ type: z.string(), detail: z.string() })
      .nullable()
      .meta({ description: 'Why it was refused; of any other, why it was not invited.' }),
    invites: z.boolean().meta({ description: 'It would be invited.' }),
    invitation: z.object({ id: Uuid, link: z.string(), expiresAt: Instant }).nullable(),
  })
  .meta({ id: 'TenantOutcome' });

const problemView = (problem: { code: string; why: string } | undefined) =>
  problem ? { type: `/problems/${problem.code}`, detail: problem.why } : null;

const outcomeView = (outcome: TenantOutcome) => ({
  orgno: holdsNationalId(outcome.row.orgno) ? null : outcome.row.orgno.slice(0, 40),
  what: outcome.what,
  tenantId: orNull(outcome.tenantId ?? ('id' in outcome ? outcome.id : undefined)),
  changes:
    outcome.what === 'changed'
      ? outcome.changes.map(({ field, ours, theirs }) => ({ field, ours: ours ?? null, theirs: theirs ?? null }))
      : [],
  problem: problemView(outcome.what === 'refused' ? outcome : outcome.notInvited),
  invites: outcome.invites ?? false,
  invitation: outcome.invitation
    ? { ...outcome.invitation, expiresAt: outcome.invitation.expiresAt.toISOString() }
    : null,
});

/** Hundreds of tenants from a list: what `hub tenants import` calls. */
export const tenantsImportRoutes = (uses: UseCases): Route[] => [
  route({
    audience: 'operator',
    tag: 'Tenants',
    name: 'importTenants',
    method: 'post',
    path: '/operator/v1/tenants/import',
    role: 'support',
    summary: 'Add and change many tenants',
    description:
      'Plans first: without `"dryRun": false` nothing is changed. Each row is checked by itself; one that cannot be done is `refused` with its problem, and the rest go on. Who is a tenant already is compared with its row: what differs is changed, what a row leaves out stays. What the services of each need is probed at once. Safe to repeat. Other `redirectUrls` of a tenant there is need the role `administrator`.',
    body: Ask,
    replies: { 200: z.object({ items: z.array(Outcome) }) },
    problems: [],
    handle: async ({ by, body }) => ({
      status: 200,
      body: { items: (await uses.importTenants(by, body)).map(outcomeView) },
    }),
  }),
];
