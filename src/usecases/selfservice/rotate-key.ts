import { whyNotRotatable } from '../../domain/key-rotation.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import { lockClient, readClient, showClient } from '../operator/show-client.ts';
import { adminClient } from '../tokens/admin-token.ts';
import type { UseCases } from '../use-cases.ts';
import { beginRotation } from './begin-rotation.ts';

/** An operator wants a client's key exchanged for a new one, all by itself. */
export const rotateClientKey = (parts: Parts): UseCases['rotateClientKey'] => {
  const { store, settings } = parts;
  const shown = showClient(parts);
  return async (by, id) => {
    const client = await store.asOperator(async (rows) => {
      const client = await lockClient(rows, id);
      const { isSet, scope } = settings.selfService;
      if (!isSet || !adminClient(await rows.clients.list(), scope))
        throw new Problem('selfservice-not-set-up', 'A new key would have to be registered by hand.');
      const why = whyNotRotatable(client);
      if (why !== undefined) throw new Problem('key-not-rotatable', why);
      await beginRotation(parts, rows, client, (...said) => auditEntry(parts, by, ...said));
      return readClient(rows, id);
    });
    return shown(client);
  };
};
