import type { Fills } from '../domain/import-plan.ts';
import type { Service } from '../domain/service.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { ServiceRows } from '../usecases/service-rows-port.ts';
import type { Tx } from './doors.ts';
import type { Prisma, Service as ServiceRow } from './generated/client.ts';

const toService = ({ createdAt: _, updatedAt: __, imported: ___, ...row }: ServiceRow): Service =>
  withoutNulls(row) as Service;

/** What an import filled stays noted when somebody else saves. */
const serviceColumns = (service: Service, imported: Fills | undefined) => ({
  ...service,
  resource: orNull(service.resource),
  serviceCode: orNull(service.serviceCode),
  serviceEditionCode: orNull(service.serviceEditionCode),
  consentHeader: orNull(service.consentHeader),
  maxValidityDays: orNull(service.maxValidityDays),
  validityMarginMinutes: orNull(service.validityMarginMinutes),
  messageRequired: service.messageRequired ?? false,
  template: orNull(service.template),
  dataUrl: orNull(service.dataUrl),
  ...(imported ? { imported: imported as Prisma.InputJsonObject } : {}),
});

/** The catalogue: everybody's, and the operator's to change. */
export const serviceRows = (tx: Tx, tell: (topic: string) => void): ServiceRows => {
  const all = () => tx.service.findMany({ orderBy: { key: 'asc' } });
  return {
    list: async () => (await all()).map(toService),
    async lock() {
      // New ones too: two imports at once would else each find the other's missing. Whoever reads is not kept waiting.
      await tx.$executeRaw`lock table services in share row exclusive mode`;
      return (await all()).map((row) => ({
        service: toService(row),
        ...(row.imported === null ? {} : { imported: row.imported as Fills }),
      }));
    },
    async add(service, now, imported) {
      await tx.service.create({ data: { ...serviceColumns(service, imported), createdAt: now, updatedAt: now } });
      tell('changed:services');
    },
    async save(service, now, imported) {
      const data = { ...serviceColumns(service, imported), updatedAt: now };
      await tx.service.update({ where: { key: service.key }, data });
      tell('changed:services');
    },
    async isInUse(key) {
      const asked = JSON.stringify([{ service: key }]);
      const rows = await tx.$queryRaw<unknown[]>`
        select 1 from consents where ended_at is null and rights @> ${asked}::jsonb limit 1`;
      return rows.length > 0;
    },
  };
};
