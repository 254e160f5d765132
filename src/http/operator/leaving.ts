import { z } from 'zod';
import type { Erasure as ErasureState } from '../../usecases/many-tenants-verbs.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, Instant, isoOrNull, OrganizationNumber, orNull, Uuid } from '../fields.ts';
import { type Route, route } from '../route.ts';
import { Tenant, tenantView } from './tenants.ts';

const all = { audience: 'operator', tag: 'Tenants' } as const;

const Ask = z.strictObject({
  confirm: OrganizationNumber.meta({ description: 'The tenant’s organisation number once more.' }),
  eraseAfterDays: z.number().int().min(0).max(3650).exactOptional().meta({
    description: 'All its rows are erased so many days after its off-boarding began; HUB_ERASE_AFTER_DAYS unless said.',
  }),
});

const Erasure = z
  .object({
    tenantId: Uuid,
    state: z.enum(['waiting', 'erasing', 'erased']),
    offboardingAt: Instant,
    offboardedAt: Instant.nullable(),
    eraseAt: Instant.nullable(),
    startedAt: Instant.nullable(),
    erasedAt: Instant.nullable(),
    orgnoSha256: z
      .string()
      .nullable()
      .meta({ description: 'SHA-256 of `<tenantId>:<orgno>`, in hexadecimal, once it has begun.' }),
    tables: z.array(
      z.object({
        table: z.string().meta({ example: 'consents' }),
        before: z.number().int().nullable().meta({ description: 'Rows of the tenant when erasing began.' }),
        after: z.number().int().nullable().meta({ description: 'In the transaction that took the last of them.' }),
        now: z.number().int().meta({ description: 'Counted for this answer.' }),
      }),
    ),
  })
  .meta({ id: 'Erasure' });

const erasureView = ({ tables, orgnoDigest, ...erasure }: ErasureState) => ({
  ...erasure,
  offboardingAt: erasure.offboardingAt.toISOString(),
  offboardedAt: isoOrNull(erasure.offboardedAt),
  eraseAt: isoOrNull(erasure.eraseAt),
  startedAt: isoOrNull(erasure.startedAt),
  erasedAt: isoOrNull(erasure.erasedAt),
  orgnoSha256: orgnoDigest ? Buffer.from(orgnoDigest).toString('hex') : null,
  tables: tables.map(({ table, before, after, now }) => ({ table, before: orNull(before), after: orNull(after), now })),
});

/** How a tenant leaves. */
export const leavingRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'offboardTenant',
    method: 'post',
    path: '/operator/v1/tenants/:id/offboard',
    role: 'administrator',
    summary: 'Off-board a tenant, for good',
    description:
      'Its API keys are revoked, its tokens dropped and its streams ended at once. Then its webhooks stop and their secrets go, its consents are withdrawn, and what Altinn 2 can take back is taken back there (Altinn 3 has no way to: those stay open to the person until they revoke or they end). It is `offboarded` when that is done, and erased later: `hub tenants export` makes an archive before. Again with another `eraseAfterDays`: erased at another time.',
    params: ById,
    body: Ask,
    replies: { 202: Tenant },
    problems: ['tenant-not-found', 'tenant-not-confirmed'],
    handle: async ({ by, params, body }) => ({
      status: 202,
      headers: { location: `/operator/v1/tenants/${params.id}/erasure` },
      body: tenantView(await uses.offboardTenant(by, params.id, body)),
    }),
  }),
  route({
    ...all,
    name: 'readErasure',
    method: 'get',
    path: '/operator/v1/tenants/:id/erasure',
    role: 'reader',
    summary: 'What is left of a tenant that leaves',
    description:
      'By table: rows when erasing began, when it ended, and now. There for good, also once the tenant is not.',
    params: ById,
    replies: { 200: Erasure },
    problems: ['tenant-not-found', 'tenant-not-leaving'],
    handle: async ({ by, params }) => ({ status: 200, body: erasureView(await uses.readErasure(by, params.id)) }),
  }),
];
