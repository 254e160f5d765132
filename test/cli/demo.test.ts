import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runHub } from './run-hub.ts';

test('`hub demo --once` tells its story, and once more with what was stored', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const settings = { HUB_DIRECTORY: join(folder, '.hub'), PORT: '0', METRICS_PORT: '0', HUB_SANDBOX_PORT: '0' };
  for (const time of ['first', 'second']) {
    const { code, stdout, stderr } = await runHub(['demo', '--once'], settings);
    expect({ time, code, stderr, failed: stdout.match(/✗.*/)?.[0] }).toEqual({ time, code: 0, stderr: '' });
    for (const step of ['the webhook consent.accepted', 'open stream', 'reads the income', 'marked as replay'])
      expect(stdout).toContain(step);
    expect(stdout.split('\n').length).toBeLessThan(25);
  }
});
