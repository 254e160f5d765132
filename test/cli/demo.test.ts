import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { ownDatabase } from './examine.ts';
import { runHub, startHub } from './run-hub.ts';

/** The keys of a development machine lie beside its database: both are kept for the next demo. */
const directory = mkdtempSync(join(tmpdir(), 'hub-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const settingsFor = ({ url }: { url: string }): NodeJS.ProcessEnv => ({
  DATABASE_URL: url,
  HUB_DIRECTORY: directory,
  PORT: '0',
  METRICS_PORT: '0',
  HUB_SANDBOX_PORT: '0',
});

test('a demo is refused beside another on the same database, and goes on after one that has ended', async () => {
  const settings = settingsFor(await ownDatabase(freshDatabase()));
  const first = startHub(['demo'], settings);
  await until('the first to have told its story', async () => first.said.stdout.includes('Ctrl-C ends it'), 180_000);
  const second = await runHub(['demo', '--once'], settings);
  expect(second.stdout).toMatch(
    /✗ Another hub or demo is at work on the database at DATABASE_URL\. Stop that one first/,
  );
  expect(second.code).toBe(1);
  // It has left a consent that waits for its person, which nobody in the next one's sandbox knows.
  first.kill('SIGINT');
  expect((await first.ended).code).toBe(0);
  const third = await runHub(['demo', '--once'], settings);
  expect(third.stdout).toMatch(/✓ and reads the income at the data source/);
  expect(third.code).toBe(0);
}, 240_000);

test('`hub demo --once` tells its story, and once more with what was stored', { timeout: 180_000 }, async () => {
  const settings = settingsFor(await ownDatabase(freshDatabase()));
  for (const time of ['first', 'second']) {
    const { code, stdout, stderr } = await runHub(['demo', '--once'], settings);
    expect({ time, code, stderr, failed: stdout.match(/✗.*/)?.[0] }).toEqual({ time, code: 0, stderr: '' });
    for (const step of ['the webhook consent.accepted', 'open stream', 'reads the income', 'marked as replay'])
      expect(stdout).toContain(step);
    expect(stdout.split('\n').length).toBeLessThan(25);
  }
});
