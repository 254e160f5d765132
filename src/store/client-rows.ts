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
  async add({ keys: _, ...client }) {
    await tx.maskinportenClient.create({ data: client });
    tell('changed:clients');
  },
  async save({ id, name, scopes, updatedAt }) {
    await tx.maskinportenClient.update({ where: { id }, data: { name, scopes, updatedAt } });
    tell('changed:clients');
  },
  async addKey(clientId, { publicJwk, certificateChain, ...key }) {
    await tx.maskinportenKey.create({
      data: {
        ...key,
        clientId,
        certificateChain: certificateChain ?? [],
        ...(publicJwk ? { publicJwk: publicJwk as Prisma.InputJsonObject } : {}),
      },
    });
    tell('changed:clients');
  },
  async saveKey({ id, kid, state, publicJwk, privateSealed, retiredAt }) {
    await tx.maskinportenKey.update({
      where: { id },
      data: {
        state,
        ...(kid === undefined ? {} : { kid }),
        ...(publicJwk === undefined ? {} : { publicJwk: publicJwk as Prisma.InputJsonObject }),
        // A retired key signs nothing more, so its private part need not exist.
        ...(state === 'retired' ? { privateSealed: null } : privateSealed === undefined ? {} : { privateSealed }),
        ...(retiredAt === undefined ? {} : { retiredAt }),
      },
    });
    tell('changed:clients');
  },
});
