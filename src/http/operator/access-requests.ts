import { z } from 'zod';
import { type AccessRequest as AccessRequestState, accessRequestStatuses } from '../../domain/access-request.ts';
import { problemView } from '../../domain/consent-view.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, Instant, Uuid } from '../fields.ts';
import { type Route, route } from '../route.ts';
import { KeptProblem } from '../tenant/consent-schemas.ts';

const all = { audience: 'operator', tag: 'Tenants' } as const;
const path = '/operator/v1/tenants/:id/access-requests';

const AccessRequest = z
  .object({
    id: Uuid,
    service: z.string().meta({ description: 'What is to be delegated, as Altinn calls it.', example: '5601_1' }),
    scopes: z.array(z.string()).meta({ description: 'What it was asked for.' }),
    status: z.enum(accessRequestStatuses).meta({
      description:
        '`queued` until Altinn has it, then as Altinn says; `failed`: nothing will come of it, and `problem` says why.',
    }),
    problem: KeptProblem.nullable(),
    createdAt: Instant,
    updatedAt: Instant.meta({ description: 'When it was last looked at.' }),
  })
  .meta({ id: 'AccessRequest' });

const view = ({ id, service, scopes, status, problem, createdAt, updatedAt }: AccessRequestState) => ({
  ...{ id, service, scopes, status },
  problem: problem ? problemView(problem) : null,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

/** `/operator/v1/tenants/{id}/access-requests`: asking a tenant's administrators, where they can be asked by API. */
export const accessRequestRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'askForAccess',
    method: 'post',
    path,
    role: 'support',
    summary: 'Ask a tenant for access',
    description:
      'Asks its administrators by API to delegate what its services lack (`HUB_ASK_FOR_ACCESS`). Most can be asked for by no API: `cannotBeAsked` says where a person does it. What was asked for and is not answered yet is not asked for again.',
    params: ById,
    replies: {
      202: z
        .object({
          items: z.array(AccessRequest),
          cannotBeAsked: z.array(z.object({ scope: z.string(), link: z.string() })),
        })
        .meta({ id: 'AskedAccess' }),
    },
    problems: ['tenant-not-found', 'tenant-suspended', 'cannot-be-asked'],
    handle: async ({ by, params }) => {
      const { items, cannotBeAsked } = await uses.askForAccess(by, params.id);
      return { status: 202, body: { items: items.map(view), cannotBeAsked } };
    },
  }),
  route({
    ...all,
    name: 'listAccessRequests',
    method: 'get',
    path,
    role: 'reader',
    summary: 'What a tenant was asked for by API',
    description: 'The newest first, a hundred at most.',
    params: ById,
    replies: { 200: z.object({ items: z.array(AccessRequest) }).meta({ id: 'AccessRequests' }) },
    problems: ['tenant-not-found'],
    handle: async ({ by, params }) => ({
      status: 200,
      body: { items: (await uses.listAccessRequests(by, params.id)).map(view) },
    }),
  }),
];
