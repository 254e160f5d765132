import { z } from 'zod';
import type { UseCases } from '../../usecases/use-cases.ts';
import { PageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { checkMonths, MonthUsage, monthQuery, spanOf } from '../usage-schemas.ts';

/** `/v1/usage`: what a tenant is billed for. */
export const ownUsageRoutes = (uses: UseCases): Route[] => [
  route({
    audience: 'tenant',
    scope: 'any',
    tag: 'About you',
    name: 'readOwnUsage',
    method: 'get',
    path: '/v1/usage',
    summary: 'What you used, by month',
    description: 'By calendar month in UTC.',
    query: z.strictObject(monthQuery).superRefine(checkMonths),
    replies: { 200: PageOf(MonthUsage) },
    problems: [],
    handle: async ({ by, site, query }) => ({
      status: 200,
      body: { items: await uses.readTenantUsage(by.caller.tenantId, spanOf(query, site.now())), next: null },
    }),
  }),
];
