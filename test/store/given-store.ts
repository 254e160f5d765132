import { randomUUID } from 'node:crypto';
import { sharesOf } from '../../src/connections.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openLog } from '../../src/lib/log.ts';
import { type OpenStore, openStore } from '../../src/store/open-store.ts';
import type { ConsentDraft } from '../../src/usecases/consent-rows-port.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

export const now = new Date('2026-11-24T12:00:00Z');
export const later = (ms: number): Date => new Date(now.getTime() + ms);

export type GivenStore = OpenStore & { database: FreshDatabase; lines: string[] };

/** The whole store at that address. */
export const openGiven = (url: string, lines: string[] = []): Promise<OpenStore> =>
  openStore({
    url,
    directUrl: url,
    connections: sharesOf(12, { isWorker: false, queuesInPostgres: false }),
    production: false,
    log: openLog('debug', (line) => lines.push(line)),
  });

/** The whole store on a database of its own. */
export const givenStore = async (): Promise<GivenStore> => {
  const database = await freshDatabase();
  const lines: string[] = [];
  const store = await openGiven(database.url, lines);
  return {
    ...store,
    database,
    lines,
    async close() {
      await store.close();
      await database.drop();
    },
  };
};

/** Two processes' stores on one database; for the tests of one file, which close them. */
export const givenTwoStores = async (): Promise<{ store: GivenStore; other: OpenStore; close(): Promise<void> }> => {
  const store = await givenStore();
  const other = await openGiven(store.database.url);
  return {
    store,
    other,
    async close() {
      await other.close();
      await store.close();
    },
  };
};

let number = 0;

export const givenTenant = async ({ asOperator }: Pick<GivenStore, 'asOperator'>): Promise<string> => {
  const id = randomUUID();
  number += 1;
  const orgno = String(900_000_000 + number);
  const tenant = { id, orgno, name: 'Bank', status: 'active', redirectUrls: [], services: [] } as const;
  await asOperator((rows) =>
    rows.tenants.add({ ...tenant, redirectUrls: [], services: [], createdAt: now, updatedAt: now }, Buffer.from('x')),
  );
  return id;
};

export const givenDraft = (change: Partial<ConsentDraft> = {}): ConsentDraft => ({
  id: randomIds.uuid(),
  generation: 'altinn3',
  party: { kind: 'person', masked: '259229*****' },
  partyLookup: Buffer.from('lookup'),
  partySealed: Buffer.from('sealed'),
  rights: [{ service: 'ske-inntekt', metadata: {} }],
  validTo: later(3_600_000),
  redirectUrl: 'https://bank.example/done',
  createdBy: randomUUID(),
  ...change,
});
