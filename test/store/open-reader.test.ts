import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../src/lib/log.ts';
import { openReader } from '../../src/store/open-reader.ts';
import { freshDatabase } from '../support/database.ts';

test('whoever only looks cannot change anything, at neither door', async () => {
  const database = await freshDatabase();
  const reader = openReader(database.url, silentLog);
  onTestFinished(async () => {
    await reader.close();
    await database.drop();
  });
  const now = new Date();
  expect(await reader.fault()).toBeUndefined();
  expect(await reader.asOperator((rows) => rows.clients.list())).toEqual([]);
  const refused = /read-only transaction/;
  await expect(reader.asOperator((rows) => rows.known.keep('x', {}, now))).rejects.toThrow(refused);
  await expect(
    reader.asTenant(randomUUID(), (rows) => rows.outbox.owe('fetch-token', randomUUID(), now, now)),
  ).rejects.toThrow(refused);
});
