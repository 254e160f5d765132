import { withoutNulls } from '../lib/without-nulls.ts';
import type { OperatorRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';
import { Prisma } from './generated/client.ts';

type Clients = Awaited<ReturnType<OperatorRows['clients']['list']>>;

const withKeys = { keys: { orderBy: { id: 'asc' } } } as const;
type Row = Prisma.MaskinportenClientGetPayload<{ include: typeof withKeys }>;

const toClient = ({ keys, ...row }: Row): Clients[number] =>
  ({
    ...withoutNulls(row),
    keys: keys.map(({ clientId: _, ...key }) => withoutNulls(key)),
  }) as unknown as Clients[number];

/** The operator's clients at Maskinporten, with their keys, oldest first. */
export const clientRows = (tx: Tx, tell: (topic: string) => void): OperatorRows['clients'] => ({
  list: async () => (await tx.maskinportenClient.findMany({ orderBy: { id: 'asc' }, include: withKeys })).map(toClient),
  async lock(id) {
    await tx.$queryRaw`select 1 from maskinporten_clients where id = ${id}::uuid for update`;
    const row = await tx.maskinportenClient.findUnique({ where: { id }, include: withKeys });
    return row ? toClient(row) : undefined;
  },
  async add({ keys: _, id, name, clientId, purpose, scopes, createdAt, updatedAt }) {
    await tx.maskinportenClient.create({ data: { id, name, clientId, purpose, scopes, createdAt, updatedAt } });
    tell('changed:clients');
  },
  async save({ id, name, scopes, updatedAt }) {
    await tx.maskinportenClient.update({ where: { id }, data: { name, scopes, updatedAt } });
    tell('changed:clients');
  },
  async remove(id) {
    await tx.maskinportenClient.delete({ where: { id } });
    tell('changed:clients');
  },
  async saveState(id, { stoppedProblem, ...state }) {
    await tx.maskinportenClient.update({
      where: { id },
      data: {
        ...state,
        ...(stoppedProblem === undefined ? {} : { stoppedProblem: stoppedProblem ?? Prisma.DbNull }),
      },
    });
    tell('changed:clients');
  },
  async addKey(clientId, { certificateChain = [], ...key }) {
    await tx.maskinportenKey.create({
      data: { ...key, clientId, certificateChain } as Prisma.MaskinportenKeyUncheckedCreateInput,
    });
    tell('changed:clients');
  },
  async saveKey({ id, ...change }) {
    await tx.maskinportenKey.update({
      where: { id },
      data: {
        ...(change as Prisma.MaskinportenKeyUncheckedUpdateInput),
        ...(change.problem === null ? { problem: Prisma.DbNull } : {}),
        // A retired key signs nothing more, so its private part need not exist.
        ...(change.state === 'retired' ? { privateSealed: null } : {}),
      },
    });
    tell('changed:clients');
  },
  async removeFaultyKey(id) {
    const { count } = await tx.maskinportenKey.deleteMany({
      where: { id, state: 'generating', fault: { not: null } },
    });
    if (count > 0) tell('changed:clients');
    return count > 0;
  },
});
