import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { type SealingKey, sealingRing } from '../../src/lib/seal.ts';
import { resealAll, sealedColumns } from '../../src/store/reseal.ts';
import { openWorld } from '../support/hub-test.ts';
import { rowsOf } from '../usecases/rows.ts';

test('sealing moves to a new key while the hub runs, and the old key is needed no more', async () => {
  const old: SealingKey = { id: 'old', key: randomBytes(32) };
  const fresh: SealingKey = { id: 'new', key: randomBytes(32) };
  const setting = (...keys: SealingKey[]) => keys.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(',');
  const world = await openWorld('postgresql', { HUB_SEALING_KEYS: setting(old, fresh) });
  try {
    const { id, approvalUrl } = await world.ask('bank');
    await world.answer(approvalUrl, 'accept');
    await world.call('bank', 'POST', `/v1/consents/${id}/token`);
    await world.receiver.got('consent.accepted', id);
    await world.settled();
    // What is fetched anew is sealed with the first key still.
    await rowsOf(world, `update outbox set due_at = due_at + interval '1 hour' where job = 'refresh-token'`);

    const ring = sealingRing([fresh, old]);
    const counts = await resealAll(world.databaseUrl, ring);
    const moved = Object.fromEntries(counts.map(({ name, moved: many }) => [name, many]));
    expect(moved).toMatchObject({
      'tenants.hmac_key_sealed': 2,
      'consents.party_sealed': 1,
      'webhook_endpoints.secret_sealed': 1,
    });
    expect(moved['tokens.token_sealed']).toBeGreaterThanOrEqual(2);
    expect(counts.every(({ left }) => left === 0)).toBe(true);
    expect((await resealAll(world.databaseUrl, ring)).every(({ moved: many }) => many === 0)).toBe(true);

    const alone = sealingRing([fresh]);
    const client = new pg.Client({ connectionString: world.databaseUrl, options: '-c role=hub_operator' });
    await client.connect();
    for (const { table, column, keys, place } of sealedColumns)
      for (const { sealed, ...row } of (
        await client.query(`select ${keys.join(', ')}, ${column} as sealed from ${table} where ${column} is not null`)
      ).rows)
        expect(alone.open(place(row), sealed).length).toBeGreaterThan(0);
    await client.end();
  } finally {
    await world.close();
  }
});
