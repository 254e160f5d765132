import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const command = fileURLToPath(new URL('../../bin/hub.js', import.meta.url));

/** Says who runs it and with which words, then does what the first word tells. */
const program = (name: string) => `
  const [word, ...words] = process.argv.slice(2);
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {
    console.log('got', signal, ++signals);
    if (word === 'wait') { clearInterval(life); process.exitCode = 7; }
  });
  const life = word === 'wait' ? setInterval(() => {}, 60_000) : undefined;
  if (word === 'die') { process.removeAllListeners('SIGTERM'); process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 60_000); }
  if (word === 'fail') process.exitCode = 3;
  console.log(${JSON.stringify(name)}, process.versions.node.split('.')[0], words.join(' '));`;

/** A checkout with a program in place of the hub's own, so that the command alone is under test. */
const newCheckout = ({ source = true, built = false, node = true } = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'samtykkehub-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['bin', 'src', 'dist', 'node_modules/node/bin', 'elsewhere'])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  copyFileSync(command, join(folder, 'bin/hub.js'));
  if (source) writeFileSync(join(folder, 'src/main.ts'), `const typed: string = 'yes';${program('source')}`);
  if (built) writeFileSync(join(folder, 'dist/main.js'), program('built'));
  if (node) symlinkSync(process.execPath, join(folder, 'node_modules/node/bin/node'));
  symlinkSync('../bin/hub.js', join(folder, 'elsewhere/hub'));
  return folder;
};

/** Pretends to be the Node of an older machine; the child it starts does not. */
const old = ['--import', 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.19.0"})'];

const run = (folder: string, words: string[], { flags = [] as string[], detached = false } = {}) => {
  const child = spawn(process.execPath, [...flags, join(folder, 'elsewhere/hub'), ...words], {
    cwd: tmpdir(),
    detached,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const closed = once(child, 'close').then(([code, signal]) => ({ code, signal, said: said.trim() }));
  return { child, closed, speaks: once(child.stdout, 'data') };
};

test('a Node that is new enough runs the source, or what was built where there is no source', async () => {
  const developing = await run(newCheckout({ built: true }), ['say', 'some', 'words']).closed;
  expect(developing).toEqual({
    code: 0,
    signal: null,
    said: `source ${process.versions.node.split('.')[0]} some words`,
  });
  const production = await run(newCheckout({ source: false, built: true, node: false }), ['say']).closed;
  expect(production.said).toMatch(/^built/);
});

test('an older Node hands over to the one that came through npm, and passes its exit code on', async () => {
  const { code, said } = await run(newCheckout(), ['fail', 'x'], { flags: old }).closed;
  expect({ code, said }).toEqual({ code: 3, said: `source ${process.versions.node.split('.')[0]} x` });
});

test('an older Node with none to hand over to says what to do', async () => {
  const { code, said } = await run(newCheckout({ node: false }), ['say'], { flags: old }).closed;
  expect(code).toBe(1);
  expect(said).toContain('The hub needs Node 24; this is v');
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s to the older Node reaches the hub, which ends in its own way',
  async (signal) => {
    const { child, closed, speaks } = run(newCheckout(), ['wait'], { flags: old });
    await speaks;
    child.kill(signal);
    const { code, said } = await closed;
    expect(said).toContain(`got ${signal} 1`);
    expect(code).toBe(7);
  },
);

test('a hub that a signal ended is seen to end by that signal', async () => {
  const { closed } = run(newCheckout(), ['die'], { flags: old });
  expect(await closed).toMatchObject({ code: null, signal: 'SIGTERM' });
});

test('a signal to the whole group leaves no process behind', async () => {
  const { child, closed, speaks } = run(newCheckout(), ['wait'], { flags: old, detached: true });
  await speaks;
  process.kill(groupOf(child), 'SIGINT');
  expect((await closed).code).toBe(7);
  expect(() => process.kill(groupOf(child), 0)).toThrow('ESRCH');
});

const groupOf = (child: ChildProcess): number => -(child.pid ?? 0);
