import { test } from 'vitest';
import { type Http, type HttpOptions, startHttp } from '../../src/http/server.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openLog } from '../../src/lib/log.ts';
import type { UseCases } from '../../src/usecases/use-cases.ts';
import { fakeUses } from './fake-uses.ts';
import { now } from './given.ts';

type Ask = { key?: string; body?: unknown; raw?: string; headers?: Record<string, string> };
type Told = { status: number; headers: Headers; text: string; body: Record<string, unknown> };

export type Hub = Http & {
  lines: string[];
  call(method: string, path: string, ask?: Ask): Promise<Told>;
};

/** HTTP over verbs of a test's own making, on a free port. */
export const openHub = async (uses: Partial<UseCases> = {}, options: Partial<HttpOptions> = {}): Promise<Hub> => {
  const lines: string[] = [];
  const http = await startHttp({
    uses: fakeUses(uses),
    log: openLog('debug', (line) => lines.push(line)),
    ids: randomIds,
    clock: { now: () => now },
    host: '127.0.0.1',
    port: 0,
    publicUrl: 'http://localhost:3000',
    production: false,
    limits: { perKeyPerSecond: 10_000, perTenantPerSecond: 10_000 },
    checks: async () => ({ database: 'ok' }),
    ...options,
  });
  const call: Hub['call'] = async (method, path, { key, body, raw, headers } = {}) => {
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(new URL(path, http.url), {
      method: method.toUpperCase(),
      redirect: 'manual',
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const said = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text: said,
      body: json && said !== '' ? JSON.parse(said) : {},
    };
  };
  return { ...http, lines, call };
};

/** A test that opens hubs; whatever it opens is closed after it. */
export const httpTest = test.extend<{ open: typeof openHub }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern to see what a fixture needs
  open: async ({}, use) => {
    const hubs: Hub[] = [];
    await use(async (...args) => {
      const hub = await openHub(...args);
      hubs.push(hub);
      return hub;
    });
    await Promise.all(hubs.map((hub) => hub.close()));
  },
});
