import { withoutNulls } from '../lib/without-nulls.ts';
import type { OperatorRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';
import type { Prisma } from './generated/client.ts';

type Clients = Awaited<ReturnType<OperatorRows['clients']['list']>>;

/** The operator's clients at Maskinporten, with their keys, oldest first. */
export const clientRows = (tx: Tx, tell: (topic: string) => void): OperatorRows['clients'] => ({
  async list() {
    const rows = await tx.maskinportenClient.findMany({
      orderBy: { id: 'asc' },
      include: { keys: { orderBy: { id: 'asc' } } },
    });
    return rows.map((row) => ({
      ...row,
      keys: row.keys.map(({ clientId: _, ...key }) => withoutNulls(key)),
    })) as unknown as Clients;
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
        // A retired key signs nothing more, so its private part need not exist.
        ...(change.state === 'retired' ? { privateSealed: null } : {}),
      },
    });
    tell('changed:clients');
  },
  async removeKey(id) {
    await tx.maskinportenKey.delete({ where: { id } });
    tell('changed:clients');
  },
});
