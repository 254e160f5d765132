import { becameUsable, clientLacks } from '../../domain/client-keys.ts';
import { releaseEveryMs } from '../../domain/pace.ts';
import type { ClientWithKeys } from '../memory.ts';
import { oweTending } from '../selfservice/begin-rotation.ts';
import type { OperatorRows } from '../store-port.ts';
import { oweProbe } from './owe-probe.ts';

/**
 * What a key becomes that can be used from now on: it signs at once where the client has no other, and is proved first where
 * it has, which is owed here. One more key may be what a client that is stopped was waiting for.
 */
export const keyUsable = async (
  rows: Pick<OperatorRows, 'clients' | 'outbox'>,
  client: Pick<ClientWithKeys, 'id' | 'purpose' | 'scopes' | 'keys' | 'stoppedAt'>,
  now: Date,
): Promise<ReturnType<typeof becameUsable>> => {
  const becomes = becameUsable(client.keys, now);
  if (becomes.state === 'pending' || client.stoppedAt) await oweProbe(rows, client.id, now);
  // Where Digdir's self-service API is open to the hub, it is registered without anybody's hand.
  if (becomes.state === 'pending') await oweTending(rows, client.id, now, now);
  // Its first: whoever waited for a client that can be asked with goes on.
  else await rows.outbox.goOn(client, clientLacks, now, releaseEveryMs);
  return becomes;
};
