import pg from 'pg';
import { expect, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { givenDraft, givenStore, givenTenant, now, openGiven } from './given-store.ts';
import { openPooler } from './pooler.ts';

test('behind a pooler that drops the role of a connection the hub does not start', async () => {
  const database = await freshDatabase();
  const pooler = await openPooler(database.url, true);
  try {
    await expect(openGiven(pooler.url)).rejects.toThrow(
      /connections act as hub and not as hub_tenant: a pooler[\s\S]*connections act as hub and not as hub_operator/,
    );
  } finally {
    await pooler.close();
    await database.drop();
  }
});

test('a pooler that begins to drop it later: tenants’ work keeps to its role, and what does not is refused', async () => {
  const database = await freshDatabase();
  const pooler = await openPooler(database.url, false);
  const store = await openGiven(pooler.url);
  try {
    const [bank, insurer] = [await givenTenant(store), await givenTenant(store)];
    pooler.drop();
    // Each connection that broke is found broken once.
    const again = async <T>(work: () => Promise<T>): Promise<T> => work().catch(work);
    const acting = () =>
      store.asTenant(bank, async (rows) => [(await rows.tenant()).id, await rows.consents.find(insurer)]);
    expect(await again(acting)).toEqual([bank, undefined]);
    const create = () => store.createConsent(bank, givenDraft(), now);
    await expect(again(create)).rejects.toThrow('the connection acts as hub, which is no door of the hub');
  } finally {
    await store.close();
    await pooler.close();
    await database.drop();
  }
});

test('nothing is written through neither door', async () => {
  const database = await freshDatabase();
  const login = new pg.Client({ connectionString: database.url });
  await login.connect();
  const id = '00000000-0000-4000-8000-000000000001';
  const calls = [
    `owe('tidy', '${id}', '${id}', now(), now())`,
    `append_events('${id}', now(), '[]')`,
    `claim_work('tidy', now(), 1, 1, 1, null, '{}', '{}', '{}', '{}')`,
    `claim_by_turns('tidy', now(), 1, 1, 1, null, '{}', '{}', '{}', '{}', '{}')`,
    `lease_rows('tidy', now(), 1, 1, 1, null, '{}', '{}', '{}', '{}')`,
    `create_consents('[]')`,
    `find_consent('${id}', '${id}')`,
    `list_access('${id}')`,
    `find_token('${id}', '${id}')`,
    `token_row('${id}', '', '${id}', '${id}', '{}', '{}', null, 1, now())`,
    `lease_token('${id}', '${id}', 1, null)`,
    `keep_token('${id}', '${id}', 1, '', now(), now(), 1, null, null)`,
    `fail_token('${id}', '${id}', 1, '{}', now())`,
    `owe_for_waiting('tidy', '${id}', '${id}', now())`,
    `goes_out('${id}', '${id}', '', now())`,
    `goes_out_once('${id}', '${id}', '', now())`,
    `due_deliveries('[]')`,
    `pass_gates('[]', '{}')`,
    `record_attempts('[]', '{}')`,
    `record_tries('[]', '{}')`,
    `log_tries('${id}', '[]', '{}')`,
    `log_tries('${id}', now(), '{}', '{}', '{}', '{}', '{}', '{}', '[]', '{}')`,
    `settle_lanes(now(), '{}', '{}')`,
    `hold_deliveries('${id}', '${id}', 1)`,
    `tend_endpoint('${id}', '${id}', now(), '{}')`,
    `change_consent('${id}', 1, '{}', '[]', '[]', now())`,
    `change_consents('${id}', '[]', '[]', now())`,
    `find_feed('${id}')`,
    `take_feed_turn('${id}', now(), 100, 5)`,
    `move_feed('${id}', now(), null, now())`,
    `fail_feed('${id}', 'internal', true)`,
    `take_turn('${id}', 'read-consent', now(), 100)`,
    `take_read_turns('${id}', '${id}', now(), 1, '[]', false)`,
    `needed_scopes(null, null, '{}')`,
    `owe_looks(null, null, '{}', false, now())`,
    `take_probe_turn('${id}', '${id}', 'probe-access', now(), 1, 1)`,
    `read_events('${id}', 0, 1)`,
    `erase_rows('${id}', 'consents', now(), 1)`,
    `drop_events('${id}', now() - interval '8 days', now(), 1)`,
    `replayable_events('${id}', '${id}', now(), now(), '{}', '{}', null, 1)`,
    `replay_events('${id}', '${id}', now(), now(), '{}', '{}', null, 1, 1, now())`,
  ];
  // Whoever adds a function adds it here. None may lend its caller the rights of whoever made it.
  const { rows } = await login.query<{ name: string; lends: boolean }>(
    `select proname as name, prosecdef as lends from pg_proc p join pg_language l on l.oid = p.prolang
     where pronamespace = 'public'::regnamespace and lanname = 'plpgsql' and prorettype <> 'trigger'::regtype and proname <> 'at_a_door'`,
  );
  const named = calls.map((call) => call.slice(0, call.indexOf('(')));
  expect(named.toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
  expect(rows.filter(({ lends }) => lends)).toEqual([]);
  for (const call of calls) await expect(login.query(`select ${call}`)).rejects.toThrow('no door of the hub');
  await login.end();
  await database.drop();
});

test.each([
  [
    'one too many',
    'create policy stray on consents using (true)',
    'the row policy stray on table consents is not one of ours',
  ],
  [
    'one for another role',
    'alter policy tenant_door on tokens to public',
    'the row policy tenant_door on table tokens is not one of ours',
  ],
  [
    'one that lets more pass',
    'alter policy tenant_door on outbox using (tenant_id = current_tenant() or true)',
    'the row policy tenant_door on table outbox is not one of ours',
  ],
  ['one that is gone', 'drop policy operator_door on audit', 'the row policy operator_door on table audit is missing'],
])('row policies are held to what they were made as: %s', async (_, change, fault) => {
  const database = await freshDatabase();
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query(change);
  await admin.end();
  await expect(openGiven(database.url)).rejects.toThrow(fault);
  await database.drop();
});

test('as they were made they are fine', async () => {
  await (await givenStore()).close();
});
