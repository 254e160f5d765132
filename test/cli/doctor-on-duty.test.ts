import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { certificateFor } from '../sandbox/certificate.ts';
import { bareDatabase, freshDatabase } from '../support/database.ts';
import { operatorOrgno } from '../support/hub-test.ts';
import { examine, ownDatabase } from './examine.ts';
import { otherServer } from './run-hub.ts';

/** A database that no process works on; Maskinporten and Altinn answer. */
const examined = async ({ DATABASE_URL }: { DATABASE_URL: string }) => {
  const { url: issuer } = await otherServer((url) => ({ body: { issuer: url, token_endpoint: `${url}token` } }));
  return examine({ DATABASE_URL, MASKINPORTEN_ISSUER: issuer, ALTINN3_URL: issuer });
};

test('a database that nobody migrated says what to run', async () => {
  const bare = await ownDatabase(bareDatabase());
  const { wrong, of } = await examined({ DATABASE_URL: bare.url });
  expect(wrong).toEqual(['migrations']);
  expect(of('migrations')[0]).toMatchObject({
    says: expect.stringMatching(/^\d+ to apply: \d+_first, \d+_tokens_and_keys, \d+_/),
    next: 'run `hub migrate`',
  });
});

test('work that nobody takes, and work handed out and never finished, each with its last error', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  const row = (job: string, leased: string | null, failures: number, problem: string | null) =>
    admin.query(
      `insert into outbox (job, tenant_id, subject_id, due_at, leased_until, failures, last_problem, created_at)
       values ($1, gen_random_uuid(), gen_random_uuid(), now() - interval '10 minutes', now() + $2::interval, $3, $4, now())`,
      [job, leased, failures, problem],
    );
  await row('submit-consent', null, 0, null);
  await row('deliver-webhook', '-1 minute', 2, 'altinn-unavailable');
  const { wrong, of } = await examined({ DATABASE_URL: url });
  expect(wrong).toEqual(['processes', 'deliver-webhook', 'submit-consent', 'clients']);
  expect(of('processes')[0]).toMatchObject({
    says: expect.stringContaining('work is due'),
    next: expect.stringContaining('hub worker'),
  });
  expect(of('submit-consent')[0]).toMatchObject({
    says: '1 owed, 1 due, oldest due for 10 min, 0 handed out',
    next: expect.stringMatching(/^nobody takes it/),
  });
  expect(of('deliver-webhook')[0]).toMatchObject({
    says: expect.stringMatching(
      /1 past the lease, 1 failing, last error altinn-unavailable \(\/problems\/altinn-unavailable\)$/,
    ),
    next: expect.stringMatching(/^handed out and never finished/),
  });
});

test('a table whose row policies are not forced is named', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  await admin.query('alter table consents no force row level security');
  const { wrong, of } = await examined({ DATABASE_URL: url });
  expect(wrong).toContain('row policies');
  expect(of('row policies')[0]?.says).toBe('row policies are not forced on table consents');
});

test('who must act for the blocked ones: a tenant’s move is worth a note, the operator’s own is wrong', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  for (const [mover, code] of [
    ['tenant', 'consent-administration-not-delegated'],
    ['operator', 'client-missing'],
  ])
    await admin.query(
      `insert into consents (tenant_id, id, status, version, generation, party_kind, party_masked, rights, valid_to, redirect_url, problem, created_by, created_at, updated_at)
       values (gen_random_uuid(), gen_random_uuid(), 'blocked', 2, 'altinn3', 'person', 'x', '[]', now(), 'x', $1, gen_random_uuid(), now(), now())`,
      [{ mover, code }],
    );
  const { of } = await examined({ DATABASE_URL: url });
  expect(
    of('blocked')
      .map(({ state, says }) => `${state}: ${says}`)
      .sort(),
  ).toEqual([
    'note: 1 consent of 1 tenant: consent-administration-not-delegated (tenant must act)',
    'wrong: 1 consent of 1 tenant: client-missing (operator must act)',
  ]);
});

test('feeds that nobody reads are told by tenant; one whose tenant took access away is worth a note', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  const given = async (name: string, status: string, minutes: number, problem: string | null) => {
    const { rows } = await admin.query<{ id: string }>(
      `insert into tenants (id, orgno, name, hmac_key_sealed, created_at, updated_at)
       values (gen_random_uuid(), $1, $1, 'x', now(), now()) returning id`,
      [name],
    );
    const id = rows[0]?.id;
    await admin.query(
      `insert into consents (tenant_id, id, status, version, generation, party_kind, party_masked, rights, valid_to, redirect_url,
         created_by, created_at, updated_at, requested_at)
       values ($1, gen_random_uuid(), $2::consent_status, 2, 'altinn3', 'person', 'x', '[]', now(), 'x', gen_random_uuid(), now(), now(),
         now() - interval '30 days')`,
      [id, status],
    );
    await admin.query(
      `insert into feeds (tenant_id, read_at, last_problem) values ($1, now() - $2::int * interval '1 minute', $3)`,
      [id, minutes, problem],
    );
  };
  const feeds = async () =>
    (await examined({ DATABASE_URL: url })).of('feeds').map(({ state, says }) => `${state}: ${says}`);
  expect(await feeds()).toEqual(['ok: none is read: no consent at Altinn can change']);
  await given('Quick', 'pending', 3, null);
  await given('Slow', 'accepted', 50, null);
  expect(await feeds()).toEqual([
    'ok: 1 tenant with pending consents, the stalest read 3 min ago; 1 tenant with accepted ones alone, the stalest read 50 min ago (stalest: Quick, Slow)',
  ]);
  await given('Left', 'pending', 60, null);
  await given('Without', 'accepted', 300, 'access-not-delegated');
  await given('Led away', 'pending', 17, 'feed-link-foreign');
  expect(await feeds()).toEqual([
    'wrong: Left, with pending consents: not read for 60 min',
    'wrong: Led away, with pending consents: not read for 17 min, last error feed-link-foreign (/problems/feed-link-foreign)',
    'note: Without, with accepted ones alone: not read for 5 h, last error access-not-delegated (/problems/access-not-delegated)',
  ]);
});

test('what ends soon is told: a tenant’s key as a note, the operator’s own and a client’s certificate as wrong', async () => {
  const inDays = (days: number) => new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();
  const { url, admin } = await ownDatabase(freshDatabase());
  await admin.query(
    `insert into operator_keys (id, name, role, prefix, digest, expires_at, created_by, created_at) values (gen_random_uuid(), 'night shift', 'reader', 'x', 'x', $1, 'bootstrap', now())`,
    [inDays(3)],
  );
  await admin.query(
    `insert into api_keys (tenant_id, id, name, prefix, digest, scopes, expires_at, created_by, created_at) values (gen_random_uuid(), gen_random_uuid(), 'app', 'x', 'y', '{}', $1, 'bootstrap', now())`,
    [inDays(3)],
  );
  const certificate = certificateFor(operatorOrgno, generateKeyPairSync('rsa', { modulusLength: 2048 }), {
    from: inDays(-300).slice(0, 10),
    to: inDays(2).slice(0, 10),
  });
  await admin.query(
    `with client as (insert into maskinporten_clients (id, name, client_id, purpose, scopes, created_at, updated_at)
       values (gen_random_uuid(), 'Consents', 'x', 'consents', '{}', now(), now()) returning id)
     insert into maskinporten_keys (id, client_id, kid, state, private_sealed, certificate_chain, created_at)
     select gen_random_uuid(), id, kid, 'active', 'x', array[$1], now() from client,
       (values (null), ('signs-by-its-name')) as key(kid)`,
    [certificate],
  );
  const { wrong, of } = await examined({ DATABASE_URL: url });
  expect(wrong).toEqual(['keys']);
  expect(
    of('keys')
      .map(({ state, says }) => `${state}: ${says.replace(/ \d.*/, '')}`)
      .sort(),
  ).toEqual([
    'note: API key “app” ends',
    'wrong: certificate of client “Consents” ends',
    'wrong: operator key “night shift” ends',
  ]);
});

test('a tenant that leaves and does not get on is told, with what it waits for; one that has just begun is not', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  const given = async (orgno: string, status: string, began: string, erase: string) => {
    const { rows } = await admin.query<{ id: string }>(
      `insert into tenants (id, orgno, name, status, hmac_key_sealed, created_at, updated_at, offboarding_at, offboarded_at, erase_at)
       values (gen_random_uuid(), $1, 'Bank', $2::text, 'x', now(), now(), now() - $3::interval,
         case $2 when 'offboarded' then now() - $3::interval end, now() + $4::interval) returning id`,
      [orgno, status, began, erase],
    );
    return rows[0]?.id;
  };
  const owed = (job: string, tenant: string | undefined, subject: string | undefined, problem: string | null) =>
    admin.query(
      `insert into outbox (job, tenant_id, subject_id, due_at, failures, last_problem, created_at)
       values ($1, coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'), $3, now() + interval '9 minutes', 3, $4, now())`,
      [job, tenant, subject, problem],
    );
  const leaving = async () =>
    (await examined({ DATABASE_URL: url })).of('leaving').map(({ state, says }) => `${state}: ${says}`);
  await given('000000001', 'offboarding', '1 minute', '90 days');
  await given('000000002', 'offboarded', '9 days', '81 days');
  expect(await leaving()).toEqual([]);
  const waits = await given('000000003', 'offboarding', '3 hours', '90 days');
  const { rows } = await admin.query<{ id: string }>(
    `insert into consents (tenant_id, id, status, version, generation, party_kind, party_masked, rights, valid_to, redirect_url,
       created_by, created_at, updated_at, ended_at)
     values ($1, gen_random_uuid(), 'withdrawn', 2, 'altinn2', 'person', 'x', '[]', now(), 'x', gen_random_uuid(), now(), now(), now()) returning id`,
    [waits],
  );
  await owed('read-consent', waits, rows[0]?.id, 'altinn-unavailable');
  const stays = await given('000000004', 'offboarded', '90 days', '-5 hours');
  await owed('erase-tenant', undefined, stays, 'internal');
  expect(await leaving()).toEqual([
    'wrong: Bank 000000004: should have been erased 5 h ago, last error internal (/problems/internal)',
    'note: Bank 000000003: being off-boarded for 3 h; Altinn 2 has yet to take back 1 consent, last error altinn-unavailable (/problems/altinn-unavailable)',
  ]);
});

test('a client whose only key that signs ends within a week is wrong; a longer life, or a key beside it, is noted', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  const inDays = (days: number) => new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();
  for (const [name, ends] of [
    ['Soon', [3]],
    ['Later', [20]],
    ['Two', [3, 300]],
  ] as const)
    for (const [place, days] of ends.entries())
      await admin.query(
        `with client as (insert into maskinporten_clients (id, name, client_id, purpose, scopes, created_at, updated_at)
           values (gen_random_uuid(), $1, $1, 'data', '{}', now(), now()) on conflict (client_id) do update set name = $1 returning id)
         insert into maskinporten_keys (id, client_id, kid, state, private_sealed, certificate_chain, created_at, expires_at)
         select gen_random_uuid(), id, $1 || $2::text, 'active', 'x', '{}', now(), $3::timestamptz from client`,
        [name, place, inDays(days)],
      );
  const { of } = await examined({ DATABASE_URL: url });
  expect(
    of('client keys')
      .map(({ state, says }) => `${state}: ${says.replace(/ ends in.*/, '')}`)
      .sort(),
  ).toEqual(['note: Later: The key Later0', 'note: Two: The key Two0', 'wrong: Soon: The key Soon0']);
});

test('a client that holds what is another purpose’s is noted', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  await admin.query(
    `insert into maskinporten_clients (id, name, client_id, purpose, scopes, created_at, updated_at)
     values (gen_random_uuid(), 'Income', 'x', 'data', '{skatteetaten:inntekt,altinn:consentrequests.write}', now(), now())`,
  );
  const { of } = await examined({ DATABASE_URL: url });
  expect(of('client scopes').map(({ state, says }) => `${state}: ${says}`)).toEqual([
    expect.stringMatching(/^note: Income: altinn:consentrequests\.write belongs to a client of another purpose/),
  ]);
});

test('a client that is stopped and a key that has ended are wrong; one that ends, or does not work yet, is noted', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  const inDays = (days: number) => new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();
  await admin.query(
    `with client as (
       insert into maskinporten_clients (id, name, client_id, purpose, scopes, created_at, updated_at, stopped_at, stopped_problem)
       values (gen_random_uuid(), 'Income', 'x', 'data', '{}', now(), now(), now(), $1) returning id)
     insert into maskinporten_keys (id, client_id, kid, state, private_sealed, certificate_chain, created_at, expires_at, fault)
     select gen_random_uuid(), client.id, kid, state, 'x', '{}', $2::timestamptz, ends::timestamptz, fault from client,
       (values ('k-old', 'active', $3, null), ('k-next', 'active', $4, null), ('k-new', 'pending', null, null),
         ('k-none', 'generating', null, 'There is no such file.')) keys (kid, state, ends, fault)`,
    [{ code: 'key-refused', detail: 'Unknown there.', mover: 'operator' }, inDays(-3), inDays(-1), inDays(10)],
  );
  const { wrong, of } = await examined({ DATABASE_URL: url });
  expect(wrong).toEqual(expect.arrayContaining(['client keys']));
  const told = of('client keys').map(({ state, says }) => `${state}: ${says.replace(/since \S+/, 'since then')}`);
  expect(told.sort()).toEqual([
    expect.stringMatching(/^note: Income: The key k-new is there since then /),
    expect.stringMatching(/^note: Income: The key k-next ends in 9 days, on /),
    'wrong: Income: Nothing is asked for with it since then Unknown there.',
    'wrong: Income: The key k-none cannot be used: retire it, and add one that can. There is no such file.',
    expect.stringMatching(/^wrong: Income: The key k-old ended on /),
  ]);
});

test('webhooks: whose receivers fail, rest, are gone or get too little, by organisation number, with the host alone', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  const webhooks = async () =>
    (await examined({ DATABASE_URL: url })).of('webhooks').map(({ state, says }) => `${state}: ${says}`);
  expect(await webhooks()).toEqual(['ok: no tenant has an endpoint']);
  const given = async (orgno: string, columns: Record<string, string>, waiting: number, status = 'pending') => {
    const { rows } = await admin.query<{ tenant: string; id: string }>(
      `with tenant as (insert into tenants (id, orgno, name, hmac_key_sealed, created_at, updated_at)
         values (gen_random_uuid(), $1, 'Bank', 'x', now(), now()) returning id)
       insert into webhook_endpoints (tenant_id, id, url, events, secret_sealed, created_at, updated_at${Object.keys(
         columns,
       )
         .map((name) => `, ${name}`)
         .join('')})
         select id, gen_random_uuid(), 'https://bank.example/secret-path', '{}', 'x', now(), now()${Object.values(
           columns,
         )
           .map((value) => `, ${value}`)
           .join('')} from tenant returning tenant_id as tenant, id`,
      [orgno],
    );
    await admin.query(
      `insert into webhook_deliveries (tenant_id, id, endpoint_id, sequence, lane, status, created_at)
       select $1, gen_random_uuid(), $2, n, gen_random_uuid(), $4, now() - interval '3 hours' from generate_series(1, $3::int) n`,
      [rows[0]?.tenant, rows[0]?.id, waiting, status],
    );
  };
  await given('000000001', {}, 0);
  expect(await webhooks()).toEqual(['ok: 1 endpoint (1 well); no event waits']);
  const since = `now() - interval '2 hours'`;
  const rest = `now() + interval '9 minutes'`;
  await given('000000002', { failures: '7', failing_since: since, failing_at: since, rests_until: rest }, 30);
  await given('000000003', { status: `'disabled'`, disabled_reason: `'gone'` }, 20, 'held');
  await given('000000004', { rate_per_second: '2' }, 10);
  await given('000000005', { failures: '1', failing_since: since }, 1);
  const [all, ...each] = await webhooks();
  expect(all).toMatch(
    /^note: 5 endpoints \((?=.*1 failing)(?=.*1 gone)(?=.*1 stumbling)(?=.*2 well).*\); 41 events wait, the oldest for 3 h; 20 held$/,
  );
  expect(each).toEqual([
    expect.stringMatching(
      /^note: Bank 000000002, bank\.example: failing; 7 tries in a row failed, the first 2 h ago, tried next in 9 min; 30 events wait, the oldest for 3 h$/,
    ),
    'note: Bank 000000003, bank.example: it answered 410 and is disabled; 20 are held',
    'note: Bank 000000004, bank.example: it takes what it is sent, and is behind: it is sent 2 a second at most, as its tenant set; 10 events wait, the oldest for 3 h',
    'note: Bank 000000005, bank.example: 1 try in a row failed, the first 2 h ago; 1 event waits, the oldest for 3 h',
  ]);
});

test('a backlog that workers eat slowly is told apart from one that nobody takes', async () => {
  const { url, admin } = await ownDatabase(freshDatabase());
  const row = (leased: string | null) =>
    admin.query(
      `insert into outbox (job, tenant_id, subject_id, due_at, leased_until, failures, created_at)
       values ('submit-consent', gen_random_uuid(), gen_random_uuid(), now() - interval '10 minutes', now() + $1::interval, 0, now())`,
      [leased],
    );
  await row(null);
  await row('1 minute');
  const next = async () => (await examined({ DATABASE_URL: url })).of('submit-consent')[0]?.next;
  expect(await next()).toMatch(/^nobody takes it/);
  const listener = new pg.Client({ connectionString: url, application_name: 'samtykkehub listener' });
  await listener.connect();
  onTestFinished(() => listener.end());
  expect(await next()).toMatch(/^workers take it, and are behind: start more/);
});
