import { isUnderWay } from '../../domain/key-rotation.ts';
import { nobodysTenant } from '../jobs.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import type { AuditEntry } from '../oversight.ts';
import type { OperatorRows } from '../store-port.ts';

/** A worker looks at the client's key set at Digdir, where the hub is let in there. */
export const oweTending = (
  rows: Pick<OperatorRows, 'outbox'>,
  clientId: string,
  dueAt: Date,
  now: Date,
): Promise<void> => rows.outbox.owe('tend-client-keys', nobodysTenant, clientId, dueAt, now);

/** Adds the key that is to follow, for a worker to make: all the rest follows from its being there. None while another is under way. */
export const beginRotation = async (
  { clock, ids }: Pick<Parts, 'clock' | 'ids'>,
  rows: Pick<OperatorRows, 'clients' | 'outbox' | 'audit'>,
  client: ClientWithKeys,
  entry: (action: string, target: string, details: object) => AuditEntry,
): Promise<boolean> => {
  if (isUnderWay(client)) return false;
  const now = clock.now();
  const id = ids.uuid();
  await rows.clients.addKey(client.id, { id, state: 'generating', createdAt: now });
  await rows.outbox.owe('generate-key', nobodysTenant, id, now, now);
  await rows.audit.add(entry('maskinporten-key.added', id, { clientId: client.id, generated: true, rotation: true }));
  return true;
};
