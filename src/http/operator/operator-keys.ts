import { z } from 'zod';
import { type OperatorKey as OperatorKeyState, operatorRoles, type UseCases } from '../../usecases/use-cases.ts';
import { KeyFields, KeyName, key, keyView } from '../api-key-schemas.ts';
import { ById, InstantIn } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'operator', tag: 'Operator keys' } as const;

const Role = z.enum(operatorRoles);
const Ask = z.strictObject({ name: KeyName, role: Role, expiresAt: InstantIn.exactOptional() });
const OperatorKey = KeyFields.extend({ role: Role }).meta({ id: 'OperatorKey' });
const NewOperatorKey = OperatorKey.extend({ key }).meta({ id: 'NewOperatorKey' });
const operatorKeyView = (made: OperatorKeyState) => ({ ...keyView(made), role: made.role });

/** `/operator/v1/operator-keys`: who runs the hub. */
export const operatorKeyRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'createOperatorKey',
    method: 'post',
    path: '/operator/v1/operator-keys',
    role: 'administrator',
    summary: 'Make an operator key',
    description:
      'The key from the hub’s configuration stops working as soon as the first stored one exists. That one must be an administrator’s, without an end.',
    body: Ask,
    replies: { 201: NewOperatorKey },
    problems: ['first-operator-key', 'expires-at-past'],
    handle: async ({ by, body }) => {
      const made = await uses.createOperatorKey(by, body);
      return { status: 201, body: { ...operatorKeyView(made), key: made.key } };
    },
  }),
  route({
    ...all,
    name: 'listOperatorKeys',
    method: 'get',
    path: '/operator/v1/operator-keys',
    role: 'reader',
    summary: 'List operator keys',
    query: PageQuery,
    replies: { 200: PageOf(OperatorKey) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query }) => {
      const page = sliceOf(await uses.listOperatorKeys(by), ({ id }) => id, pageAsk(query));
      return { status: 200, body: pageView(page, operatorKeyView) };
    },
  }),
  route({
    ...all,
    name: 'revokeOperatorKey',
    method: 'delete',
    path: '/operator/v1/operator-keys/:id',
    role: 'administrator',
    summary: 'Revoke an operator key',
    params: ById,
    replies: { 204: 'nothing' },
    problems: ['operator-key-not-found', 'last-administrator'],
    handle: async ({ by, params }) => {
      await uses.revokeOperatorKey(by, params.id);
      return { status: 204 };
    },
  }),
];
