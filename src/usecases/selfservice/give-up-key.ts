import { systemEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';

/** A key that was registered and is refused all the same is retired, so that its registration goes. False when it has moved on. */
export const giveUpKey = (
  parts: Pick<Parts, 'clock' | 'ids' | 'store' | 'log'>,
  clientId: string,
  { id, kid }: { id: string; kid?: string },
): Promise<boolean> =>
  parts.store.asOperator(async (rows) => {
    const client = await rows.clients.lock(clientId);
    if (!client?.keys.some((key) => key.id === id && key.state === 'pending')) return false;
    await rows.clients.saveKey({ id, state: 'retired', retiredAt: parts.clock.now() });
    await rows.audit.add(systemEntry(parts, 'selfservice', 'maskinporten-key.given-up', id, { clientId, kid }));
    parts.log.error(
      { client: client.name, kid },
      'a new signing key was registered and is refused all the same: it is given up',
    );
    return true;
  });
