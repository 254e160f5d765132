import type pg from 'pg';
import type { Store } from '../usecases/store-port.ts';
import { asking } from './doors.ts';

/** Through the operator's door: whose browser it is turns out only here. */
export const callbackStates =
  (pool: pg.Pool): Store['callbackState'] =>
  async (digest) => {
    const text = 'select tenant_id as "tenantId", consent_id as "consentId" from callback_states where digest = $1';
    const [known] = await asking(pool)<{ tenantId: string; consentId: string }>('callback-state', text, [digest]);
    return known;
  };
