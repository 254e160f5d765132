import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeTar } from '../../src/cli/tenants/tar.ts';
import { signOnce } from '../../src/lib/signed-manifest.ts';
import { runHub } from './run-hub.ts';

/** An archive that somebody made and signed, and the key that they say it is signed with. */
const archived = async (more: object, from?: string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'archive-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const archive = randomUUID();
  const manifest = {
    format: 'samtykkehub-archive/1',
    archive,
    madeAt: 'today',
    withPersons: false,
    files: [],
    ...more,
  };
  const text = Buffer.from(JSON.stringify(manifest));
  const { jws, publicJwk } = await signOnce(text, archive);
  const [file, key] = [join(folder, 'a.tar'), join(folder, 'key.json')];
  const entries = [
    { name: 'manifest.json', bytes: text },
    { name: 'manifest.jws', bytes: Buffer.from(jws) },
  ];
  await writeTar(file, entries, new Date('2026-11-24T12:00:00Z'));
  writeFileSync(key, JSON.stringify({ keys: [publicJwk] }));
  return runHub(['tenants', 'verify', file, ...(from ?? ['--key', key])]);
};

test('an archive of a stranger’s says nothing that the terminal would obey', async () => {
  const tenant = { id: 'x', orgno: '\u001b]0;own\u0007910514318', name: '\u009b31mBank' };
  const whole = await archived({ tenant, madeAt: '\u001b[2Jtoday' });
  expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('910514318') });
  expect(whole.stdout).toMatch(/^\P{Cc}+\n$/u);
  const files = [{ name: '\u001b[2Jconsents.jsonl', rows: 1, bytes: 1, sha256: '' }];
  const wrong = await archived({ tenant, files });
  expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('consents.jsonl is missing') });
  expect(wrong.stdout).toMatch(/^(?:\P{Cc}+\n)+$/u);
  expect(await archived({ tenant: null })).toMatchObject({ code: 1, stderr: expect.stringContaining('is no archive') });
});

test('a key that comes by an open way is said to', async () => {
  const said = await archived({ tenant: { id: 'x', orgno: '910514318', name: 'Bank' } }, [
    '--url',
    'http://hub.invalid',
  ]);
  expect(said).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^The key comes from http:\/\/hub\.invalid unencrypted/),
  });
});
