import { z } from 'zod';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, Uuid } from '../fields.ts';
import { PageOf, pageAsk, pageView, paging } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { checkMonths, MonthUsage, monthQuery, spanOf } from '../usage-schemas.ts';

const all = { audience: 'operator', role: 'reader', tag: 'Tenants', method: 'get' } as const;

const TenantUsage = MonthUsage.extend({ tenantId: Uuid, orgno: z.string(), name: z.string() }).meta({
  id: 'TenantUsage',
});

const description =
  'By calendar month in UTC. Counted from what happened, and kept when events are dropped; tokens and calls for data are counted within a second or two. A month does not change any more once it is complete.';

/** `/operator/v1/usage`: what tenants used, for whoever bills them. */
export const usageRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'readUsage',
    path: '/operator/v1/usage',
    summary: 'What each tenant used, by month',
    description: `${description} A page has \`limit\` tenants, with all the months that were asked for.`,
    query: z.strictObject({ ...monthQuery, ...paging }).superRefine(checkMonths),
    replies: { 200: PageOf(TenantUsage) },
    problems: ['cursor-invalid'],
    handle: async ({ by, site, query: { cursor, limit, ...asked } }) => {
      const page = await uses.readUsage(by, spanOf(asked, site.now()), pageAsk({ cursor, limit }));
      return { status: 200, body: pageView(page, (usage) => usage) };
    },
  }),
  route({
    ...all,
    name: 'readTenantUsage',
    path: '/operator/v1/tenants/:id/usage',
    summary: 'What a tenant used, by month',
    description,
    params: ById,
    query: z.strictObject(monthQuery).superRefine(checkMonths),
    replies: { 200: PageOf(MonthUsage) },
    problems: ['tenant-not-found'],
    handle: async ({ params, site, query }) => ({
      status: 200,
      body: { items: await uses.readTenantUsage(params.id, spanOf(query, site.now())), next: null },
    }),
  }),
];
