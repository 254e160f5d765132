#!/usr/bin/env node
// Finds a Node that can run the hub, whatever Node the machine has. Plain JavaScript, for Node 18 and later.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const wanted = 24;
const at = (path) => new URL(`../${path}`, import.meta.url);
const isNew = Number.parseInt(process.versions.node, 10) >= wanted;

/** Node through npm, the way the package `node` puts it there, also when its install script was refused. */
const places = [
  'node_modules/node/bin/node',
  'node_modules/node/bin/node.exe',
  `node_modules/node-${process.platform}-${process.arch}/bin/node`,
];

const runWith = (node) => {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  const inTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A Ctrl-C in a terminal reaches the child by itself; a second one would mean "at once".
    process.on(signal, () => {
      // One to the whole group has reached the child too, which would take this for a second one: a moment tells.
      if (signal !== 'SIGINT' || !inTerminal) setTimeout(() => child.kill(signal), 100);
    });
  }
  child.once('error', (error) => {
    process.stderr.write(`${node} does not run: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 500); // where a signal to oneself is not the end
  });
};

if (isNew) {
  const built = at('dist/main.js');
  const source = at('src/main.ts');
  await import((existsSync(source) ? source : built).href);
} else {
  const node = places.map((place) => fileURLToPath(at(place))).find((path) => existsSync(path));
  if (node) runWith(node);
  else {
    process.stderr.write(
      `The hub needs Node ${wanted}; this is ${process.version}, and node_modules has none. Run \`npm ci\` first, or install Node ${wanted}.\n`,
    );
    process.exitCode = 1;
  }
}
