import type pg from 'pg';
import type { Access } from '../domain/access.ts';
import { withoutNulls } from '../lib/without-nulls.ts';
import type { Store } from '../usecases/store-port.ts';
import { changeText, changeTopics, changeValues, consentColumns, sealedFromSql } from './consent-rows.ts';
import { knownFault } from './doors.ts';
import { tokenColumns, toToken } from './token-rows.ts';

type Statements = Pick<
  Store,
  'findConsent' | 'listAccess' | 'goesOut' | 'changeConsent' | 'tokenRow' | 'findToken' | 'oweForWaiting'
>;

/** Of the tenant's door, each in one round trip: functions whose first statement sets the tenant. */
export const tenantStatements = (pool: pg.Pool, tell: (topic: string) => void): Statements => {
  const ask = async <R extends object>(name: string, text: string, values: unknown[]): Promise<R[]> => {
    const { rows } = await pool.query<R & pg.QueryResultRow>({ name, text, values }).catch((error: unknown) => {
      throw knownFault(error);
    });
    return rows;
  };
  return {
    async findConsent(tenantId, id) {
      const text = `select ${consentColumns} from find_consent($1, $2)`;
      const [row] = await ask('find-consent', text, [tenantId, id]);
      return row && sealedFromSql(row);
    },
    async listAccess(tenantId) {
      const text =
        'select id, kind, name, state, problem, since, checked_at as "checkedAt", probes from list_access($1)';
      return (await ask<Access>('list-access', text, [tenantId])).map((row) => withoutNulls(row) as Access);
    },
    async goesOut(tenantId, id, digest, now) {
      const values = [tenantId, id, Buffer.from(digest), now];
      const [row] = await ask<{ out: boolean }>('goes-out', 'select goes_out($1, $2, $3, $4) as out', values);
      return row?.out ?? false;
    },
    async changeConsent(tenantId, change) {
      const [row] = await ask<{ changed: boolean }>('change-consent', changeText, changeValues(tenantId, change));
      if (row?.changed) for (const topic of changeTopics(tenantId, change)) tell(topic);
      return row?.changed ?? false;
    },
    async tokenRow(tenantId, { identity, clientId, scopes, resource, consentId }, id, mostResources, now) {
      const text = `select ${tokenColumns} from token_row($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
      const spec = [Buffer.from(identity), id, clientId, scopes, resource, consentId ?? null];
      const [row] = await ask<Parameters<typeof toToken>[0]>('token-row', text, [
        tenantId,
        ...spec,
        mostResources,
        now,
      ]);
      return row && toToken(row);
    },
    async findToken(tenantId, id) {
      const text = `select ${tokenColumns} from find_token($1, $2)`;
      const [row] = await ask<Parameters<typeof toToken>[0]>('find-token', text, [tenantId, id]);
      return row && toToken(row);
    },
    async oweForWaiting(tenantId, job, subjectId, now) {
      const values = [job, tenantId, subjectId, now];
      const [row] = await ask<{ owed: boolean }>(
        'owe-for-waiting',
        'select owe_for_waiting($1, $2, $3, $4) as owed',
        values,
      );
      if (row?.owed) tell(`work:${job}`);
      return row?.owed ?? false;
    },
  };
};
