import pg from 'pg';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { givenStore } from './given-store.ts';

test('a notice that cannot be read is passed over, and the next one heard', async () => {
  const store = await givenStore();
  const stranger = new pg.Client({ connectionString: store.database.url });
  await stranger.connect();
  try {
    await until('the listener', () => store.notices.listens());
    let heard = 0;
    store.notices.on('consent:1', () => {
      heard += 1;
    });
    for (const payload of ['no json', '', '{"a":1}', 'null', '17', '[1,null,{},"consent:1"]', '["consent:1"]'])
      await stranger.query('select pg_notify($1, $2)', ['hub', payload]);
    await until('the good ones', () => heard === 2);
    expect(store.lines.filter((line) => line.includes('a notice could not be read'))).toHaveLength(5);
  } finally {
    await stranger.end();
    await store.close();
  }
});

test('while nothing is heard anything may have changed: whoever remembers is told when the listener breaks and is back', async () => {
  const store = await givenStore();
  const admin = new pg.Client({ connectionString: store.database.adminUrl });
  await admin.connect();
  try {
    await until('the listener', () => store.notices.listens());
    const calls: string[] = [];
    for (const topic of ['changed:tokens', 'changed:keys', 'token:1'])
      store.notices.on(topic, () => void calls.push(`${topic} ${store.notices.listens() ? 'back' : 'broken'}`));
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'samtykkehub listener'`,
    );
    await until('it to be back', () => calls.some((call) => call.endsWith('back')));
    expect(calls).toEqual(['changed:tokens broken', 'changed:keys broken', 'changed:tokens back', 'changed:keys back']);
  } finally {
    await admin.end();
    await store.close();
  }
});
