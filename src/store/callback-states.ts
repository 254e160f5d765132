import type pg from 'pg';
import type { Store } from '../usecases/store-port.ts';
import { knownFault } from './doors.ts';

/** Through the operator's door: whose browser it is turns out only here. */
export const callbackStates =
  (pool: pg.Pool): Store['callbackState'] =>
  async (digest) => {
    const { rows } = await pool
      .query<{ tenantId: string; consentId: string }>({
        name: 'callback-state',
        text: 'select tenant_id as "tenantId", consent_id as "consentId" from callback_states where digest = $1',
        values: [digest],
      })
      .catch((error: unknown) => {
        throw knownFault(error);
      });
    return rows[0];
  };
