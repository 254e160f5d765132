import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { signingKeys } from '../../src/clients/maskinporten/signing-keys.ts';
import { movableClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';

export const operator = '310149942';
export const bank = '313876144';
export const department = '991825827';
export const person = '25922947409';
export const writeScope = 'altinn:consentrequests.write';
export const readScope = 'altinn:consentrequests.read';
export const dataScope = 'skatteetaten:inntekt';
export const clientId = 'hub-client';

export const patience = (): AbortSignal => AbortSignal.timeout(20_000);

// Making a key is slow, and nobody's subject: all tests of a file share one.
const pair = await signingKeys.generate(new Date('2026-02-03T10:00:00Z'));
const { privateJwk } = pair;
export const { publicJwk } = pair;
export const { kid = '' } = pair;
export const key = signingKeys.open(privateJwk, { kid, certificateChain: [] });

/** The outside world, with a client of the operator's registered in it; closed when the test ends. */
export const openNeighbour = async (clock = movableClock()) => {
  const sandbox = await startSandbox({ port: 0, clock, log: silentLog, operatorOrgno: operator });
  onTestFinished(() => sandbox.close());
  const control = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${sandbox.url}/sandbox/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  await control('POST', 'clients', {
    clientId,
    scopes: [readScope, writeScope, dataScope],
    jwks: { keys: [publicJwk] },
  });
  return {
    clock,
    url: sandbox.url,
    control,
    fail: (on: string, fault: object, times = 1) => control('POST', 'faults', { on, times, fault }),
    calls: async (on: string) => (await control('GET', `calls?on=${on}`)) as Record<string, unknown>[],
  };
};

/** A server that does just one thing, however nasty; closed when the test ends. */
export const openServer = async (
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<{ url: string; port: number }> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
};

export const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};
