import { nobodysTenant } from '../jobs.ts';
import type { OperatorRows } from '../store-port.ts';

/** Looks at Maskinporten come soon again, however long nothing has changed. */
export const oweProbe = async (
  rows: Pick<OperatorRows, 'clients' | 'outbox'>,
  clientId: string,
  now: Date,
): Promise<void> => {
  await rows.clients.saveState(clientId, { probes: 0 });
  await rows.outbox.owe('probe-client', nobodysTenant, clientId, now, now);
};
