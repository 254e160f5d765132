import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { generateKeystorePair } from '../../src/lib/keystore.ts';

const command = fileURLToPath(new URL('../../bin/hub.js', import.meta.url));

export type Said = { code: number | null; stdout: string; stderr: string };

type Running = {
  /** What it has said so far. */
  said: { stdout: string; stderr: string };
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Said>;
};

/** The command as somebody types it: a process of its own with these settings and no others. */
export const startHub = (words: string[], settings: NodeJS.ProcessEnv = {}): Running => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-'));
  const child = spawn(process.execPath, [command, ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HUB_DIRECTORY: join(folder, '.hub'), ...settings },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (chunk: Buffer) => {
      said[stream] += chunk.toString();
    });
  const ended = new Promise<Said>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
  return { said, ended, kill: (signal) => void child.kill(signal) };
};

/** The same, and what it said when it had ended. */
export const runHub = (words: string[], settings: NodeJS.ProcessEnv = {}): Promise<Said> =>
  startHub(words, settings).ended;

/** Somebody else's server; its port is taken. */
export const otherServer = async (
  answer: (ownUrl: string) => { headers?: Record<string, string>; body: unknown } = () => ({ body: {} }),
): Promise<{ url: string; port: number }> => {
  const server = createServer((request, response) => {
    const { headers, body } = answer(`http://${request.headers.host}/`);
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, port };
};

/** All that production asks for. */
export const productionSettings = async (databaseUrl: string): Promise<NodeJS.ProcessEnv> => {
  const { publicJwk, privateJwk } = await generateKeystorePair();
  return {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    HUB_ORGNO: '310149942',
    HUB_PUBLIC_URL: 'https://hub.example',
    HUB_SEALING_KEYS: `a:${Buffer.from(Array.from({ length: 32 }, (_, place) => place)).toString('base64')}`,
    HUB_KEYSTORE_PUBLIC_KEYS: JSON.stringify([publicJwk]),
    HUB_KEYSTORE_PRIVATE_KEYS: JSON.stringify([privateJwk]),
    MASKINPORTEN_ISSUER: 'https://maskinporten.invalid/',
    ALTINN3_URL: 'https://altinn.invalid/',
    HUB_DATABASE_CONNECTIONS: '28',
    HUB_HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
  };
};
