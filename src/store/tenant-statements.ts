import type pg from 'pg';
import type { Access } from '../domain/access.ts';
import { withoutNulls } from '../lib/without-nulls.ts';
import type { Store } from '../usecases/store-port.ts';
import { changeText, changeTopics, changeValues, consentColumns, sealedFromSql } from './consent-rows.ts';
import { asking } from './doors.ts';

type Statements = Pick<
  Store,
  'findConsent' | 'listAccess' | 'goesOut' | 'goesOutOnce' | 'changeConsent' | 'oweForWaiting'
>;

/** Of the tenant's door, each in one round trip: functions whose first statement sets the tenant. */
export const tenantStatements = (pool: pg.Pool, tell: (topic: string) => void): Statements => {
  const ask = asking(pool);
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
    async goesOutOnce(tenantId, id, digest, now) {
      const values = [tenantId, id, Buffer.from(digest), now];
      const [row] = await ask<{ out: boolean }>('goes-out-once', 'select goes_out_once($1, $2, $3, $4) as out', values);
      return row?.out ?? false;
    },
    async changeConsent(tenantId, change) {
      const [row] = await ask<{ changed: boolean }>('change-consent', changeText, changeValues(tenantId, change));
      if (row?.changed) for (const topic of changeTopics(tenantId, change)) tell(topic);
      return row?.changed ?? false;
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
