import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { verifyArchive } from '../../src/cli/tenants/verify-archive.ts';
import { startHub } from '../cli/run-hub.ts';
import { given, persons } from '../support/given.ts';
import { onceTest, type World } from '../support/hub-test.ts';
import { altinn2Requests, offerBoth } from '../support/offer-both.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';

const day = 24 * 60 * 60 * 1000;
const sealing = { HUB_SEALING_KEYS: `a:${randomBytes(32).toString('base64')}` };

const accepted = async (world: World, who: 'bank' | 'insurer', change: Record<string, unknown> = {}) => {
  const { id, approvalUrl } = await world.ask(who, change);
  await world.answer(approvalUrl, 'accept');
  await world.becomes(who, id, 'accepted');
  return id;
};

const offboard = ({ call, banks }: World, more: object = {}) =>
  call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/offboard`, { confirm: banks.bank.orgno, ...more });

const hasLeft = ({ call, banks }: World) =>
  until('the bank to have left', async () => {
    const { body } = await call('operator', 'GET', `/operator/v1/tenants/${banks.bank.id}`);
    return body['status'] === 'offboarded';
  });

const erasureOf = async ({ call, banks }: World) => {
  const { status, body } = await call('operator', 'GET', `/operator/v1/tenants/${banks.bank.id}/erasure`);
  return { status, ...body } as { status: number; state: string; tables: Record<string, number | string | null>[] };
};

/** What of the other bank must stand as it stood. */
const standing = async (world: World) => {
  const { call, banks } = world;
  const [consents, endpoints, keys] = await Promise.all(
    ['/v1/consents', '/v1/webhook-endpoints', '/v1/api-keys'].map((path) => call('insurer', 'GET', path)),
  );
  const tokens = await rowsOf(world, 'select id from tokens where tenant_id = $1 and consent_id is not null', [
    banks.insurer.id,
  ]);
  return { consents: consents?.body, endpoints: endpoints?.body, keys: keys?.body['items'] !== undefined, tokens };
};

onceTest(
  'a bank leaves: at once for its apps, then at Altinn, in the end from every table, and no other bank with it',
  async (world) => {
    const { call, banks, receiver, sandbox } = world;
    const path = `/operator/v1/tenants/${banks.bank.id}`;
    const spared = await accepted(world, 'insurer');
    await call('insurer', 'POST', `/v1/consents/${spared}/token`);
    const pending = await world.ask('bank');
    const given3 = await accepted(world, 'bank');
    await call('bank', 'POST', `/v1/consents/${given3}/token`);
    await offerBoth(world);
    const older = given.askOf('altinn2', `${receiver.url}/done`);
    const { body: asked } = await call('bank', 'POST', '/v1/consents', older, { prefer: 'wait=20' });
    await world.settled();
    const before = await standing(world);

    expect(await call('operator', 'GET', `${path}/erasure`)).toMatchObject({
      status: 409,
      body: { type: '/problems/tenant-not-leaving' },
    });
    expect(await offboard(world, { confirm: banks.insurer.orgno })).toMatchObject({
      status: 422,
      body: { type: '/problems/tenant-not-confirmed' },
    });
    const secretOf = () =>
      rowsOf(world, 'select secret_sealed from webhook_endpoints where tenant_id = $1', [banks.bank.id]);
    const secret = await secretOf();
    const received = receiver.received.length;
    const stream = await fetch(`${world.url}/v1/events/stream`, {
      headers: { authorization: `Bearer ${banks.bank.key}` },
    });
    expect(await offboard(world, { eraseAfterDays: 1 })).toMatchObject({
      status: 202,
      body: { status: 'offboarding' },
    });
    expect((await call('bank', 'GET', '/v1/me')).status).toBe(401);
    await stream.text(); // It ends.

    await hasLeft(world);
    for (const { ended } of await altinn2Requests(sandbox.url)) expect(ended).not.toBeNull();
    const consents = await rowsOf<{ id: string; status: string; upstream: string }>(
      world,
      'select id::text, status::text, upstream from consents where tenant_id = $1',
      [banks.bank.id],
    );
    expect(Object.fromEntries(consents.map(({ id, status, upstream }) => [id, `${status} ${upstream}`]))).toEqual({
      [pending.id]: 'withdrawn open',
      [given3]: 'withdrawn open',
      [String(asked['id'])]: 'withdrawn closed',
    });
    expect(await rowsOf(world, 'select 1 from tokens where tenant_id = $1', [banks.bank.id])).toEqual([]);
    expect(await rowsOf(world, `select distinct job from outbox where tenant_id = $1`, [banks.bank.id])).toEqual([
      { job: 'erase-consent' },
    ]);
    expect(await secretOf()).not.toEqual(secret);
    expect(receiver.received).toHaveLength(received);
    for (const [method, at, body] of [
      ['POST', `${path}/resume`, undefined],
      ['POST', `${path}/suspend`, undefined],
      ['PATCH', path, { name: 'Another' }],
      ['POST', `${path}/api-keys`, { name: 'x', scopes: ['consents:read'] }],
    ] as const)
      expect(await call('operator', method, at, body)).toMatchObject({
        status: 409,
        body: { type: '/problems/tenant-offboarded' },
      });
    expect(await standing(world)).toEqual(before);

    expect(await erasureOf(world)).toMatchObject({ state: 'waiting' });
    // Longer, and then as before: the last word counts.
    for (const eraseAfterDays of [30, 2])
      expect(await offboard(world, { eraseAfterDays })).toMatchObject({ body: { status: 'offboarded' } });
    await sandbox.advance(1.5 * day);
    await world.settled();
    expect(await erasureOf(world)).toMatchObject({ state: 'waiting' });
    await sandbox.advance(day);
    const erased = await until('it to be erased', async () => {
      const told = await erasureOf(world);
      return told.state === 'erased' && told;
    });
    expect(erased.tables.find(({ table }) => table === 'consents')).toEqual({
      table: 'consents',
      before: 3,
      after: 0,
      now: 0,
    });
    expect(erased.tables.filter(({ before: rows }) => Number(rows) > 0).length).toBeGreaterThan(8);
    expect(erased.tables.every(({ after, now }) => after === 0 && now === 0)).toBe(true);
    expect(erased).toMatchObject({
      orgnoSha256: createHash('sha256').update(`${banks.bank.id}:${banks.bank.orgno}`).digest('hex'),
    });
    expect((await call('operator', 'GET', path)).status).toBe(404);
    expect(await world.status('insurer', spared)).toBe('accepted');
    // Who wanted it is still known when all that said so is gone.
    const { body: audit } = await call('operator', 'GET', '/operator/v1/audit?action=tenant.erasing');
    const by = { actor: { kind: 'operator-key' }, requestId: expect.any(String) };
    expect(audit['items']).toMatchObject([{ target: banks.bank.id, details: { askedBy: [by, by, by] } }]);

    const anew = { orgno: banks.bank.orgno, name: 'Banken igjen' };
    expect((await call('operator', 'POST', '/operator/v1/tenants', anew)).status).toBe(201);
  },
  sealing,
);

onceTest('whatever breaks off on the way is gone on with', async (world) => {
  const { sandbox, banks } = world;
  await offerBoth(world);
  await accepted(world, 'bank');
  const older = given.askOf('altinn2', `${world.receiver.url}/done`);
  const { body } = await world.call('bank', 'POST', '/v1/consents', older, { prefer: 'wait=20' });
  expect(body['status']).toBe('pending');
  await world.settled();
  // The database breaks each transaction that would end it, and Altinn 2 does not answer: for a while.
  await rowsOf(
    world,
    `create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
     create trigger broken before update of offboarded_at on tenants for each row when (new.status = 'offboarded') execute function broken();
     create trigger broken before delete on events for each statement execute function broken()`,
  );
  await sandbox.fault('altinn2-withdraw', { kind: 'status', status: 503 }, 2);
  await offboard(world, { eraseAfterDays: 0 });
  const failing = (job: string) =>
    until(`${job} to have failed`, async () => {
      const found = await rowsOf(world, 'select 1 from outbox where job = $1 and failures > 0', [job]);
      if (found.length === 0) await sandbox.advance(60_000);
      return found.length > 0;
    });
  await failing('offboard-tenant');
  await rowsOf(world, 'drop trigger broken on tenants');
  await until('it to have left', async () => {
    await sandbox.advance(60_000);
    return (
      (await world.call('operator', 'GET', `/operator/v1/tenants/${banks.bank.id}`)).body['status'] === 'offboarded'
    );
  });
  await failing('erase-tenant');
  const during = await erasureOf(world);
  expect(during).toMatchObject({ state: 'erasing' });
  await rowsOf(world, 'drop trigger broken on events');
  await until('it to be erased', async () => {
    await sandbox.advance(120_000);
    return (await erasureOf(world)).state === 'erased';
  });
  const whole = await erasureOf(world);
  // Counted before the first row went, and not again when it was gone on with.
  for (const { table, before } of whole.tables)
    expect([table, before]).toEqual([table, during.tables.find((one) => one['table'] === table)?.['before']]);
  expect(whole.tables.every(({ now }) => now === 0)).toBe(true);
});

onceTest(
  'what is a bank’s goes with it in an archive that anybody can check, and nobody can change',
  async (world) => {
    const { banks, url, databaseUrl } = world;
    await accepted(world, 'bank', { reference: 'loan-4711' });
    await world.settled();
    const out = await mkdtemp(join(tmpdir(), 'archive-'));
    onTestFinished(() => rm(out, { recursive: true, force: true }));
    const hub = (...words: string[]) =>
      startHub(['tenants', ...words], { DATABASE_URL: databaseUrl, HUB_PUBLIC_URL: url, ...sealing }).ended;
    const archived = async (...more: string[]) => {
      const known = await readdir(out);
      const { code, stderr } = await hub('export', banks.bank.orgno, '--out', out, ...more);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [name = '', ...others] = (await readdir(out)).filter((file) => !known.includes(file));
      expect(others).toEqual([]);
      return join(out, name);
    };
    const verify = (file: string, key?: string) =>
      verifyArchive({ file, from: key === undefined ? { url: new URL(url) } : { key } });

    const file = await archived();
    const text = (await readFile(file)).toString('latin1');
    for (const word of ['loan-4711', 'consent.accepted', 'webhook_attempts.jsonl', 'tenant.created'])
      expect(text).toContain(word);
    for (const secret of [persons.one, 'sealed', banks.bank.key]) expect(text).not.toContain(secret);
    expect(await hub('verify', file, '--url', url)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Banken (${banks.bank.orgno})`),
    });

    const forged = join(out, 'forged.tar');
    const change = async (from: string, to: string) => {
      await writeFile(forged, Buffer.from(text.replace(from, to), 'latin1'));
      return (await verify(forged)).faults;
    };
    expect(await change('loan-4711', 'loan-4712')).toEqual(['consents.jsonl is not what was signed']);
    expect(await change('"withPersons": false', '"withPersons": true ')).toEqual([
      'its manifest was not signed with this key',
    ]);
    await expect(change('archive/1', 'archive/2')).rejects.toThrow('no archive of a tenant');
    await writeFile(forged, 'orgno,name');
    await expect(verify(forged)).rejects.toThrow('cannot be read');

    const whole = await archived('--with-persons');
    expect((await readFile(whole)).toString('latin1')).toContain(persons.one);
    const keys = join(out, 'keys.json');
    await writeFile(keys, await (await fetch(`${url}/archive-keys/${whole.slice(-40, -4)}`)).text());
    expect((await verify(whole, keys)).faults).toEqual([]);
    expect((await verify(file, keys)).faults).not.toEqual([]);
    const audited = await rowsOf(
      world,
      `select details->'withPersons' as persons from audit where action = 'tenant.exported' order by at`,
    );
    expect(audited).toEqual([{ persons: false }, { persons: true }]);
  },
  sealing,
);
