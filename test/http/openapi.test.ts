import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { allRoutes } from '../../src/http/all-routes.ts';
import { fakeUses } from './fake-uses.ts';
import { httpTest } from './http-test.ts';

const require = createRequire(import.meta.url);
const redocly = join(require.resolve('@redocly/cli/package.json'), '../bin/cli.js');
const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' };

type Operation = { operationId: string; security: object[]; responses: Record<string, unknown> };
type Document = { paths: Record<string, Record<string, Operation>> };

httpTest('the OpenAPI document passes the public linter without a warning', { timeout: 60_000 }, async ({ open }) => {
  const hub = await open();
  const { text, headers } = await hub.call('GET', '/openapi.json');
  expect(headers.get('content-type')).toContain('application/json');
  const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
  try {
    await writeFile(join(folder, 'openapi.json'), text);
    const options = { cwd: folder, env: { ...process.env, ...quiet } };
    const said = await promisify(execFile)(
      process.execPath,
      [redocly, 'lint', 'openapi.json', '--extends=recommended'],
      options,
    );
    expect(`${said.stdout}${said.stderr}`).toContain('Your API description is valid');
    expect(`${said.stdout}${said.stderr}`).not.toContain('warning');
  } finally {
    await rm(folder, { recursive: true });
  }
});

httpTest('every route is in the document, closed as it is in the server', async ({ open }) => {
  const hub = await open();
  const { paths } = JSON.parse((await hub.call('GET', '/openapi.json')).text) as Document;
  for (const route of allRoutes(fakeUses()).filter(({ hidden }) => !hidden)) {
    const operation = paths[route.path.replace(/[:*](\w+)/g, '{$1}')]?.[route.method];
    expect(operation, route.path).toMatchObject({ operationId: route.name });
    const scheme = { tenant: [{ tenantKey: [] }], operator: [{ operatorKey: [] }], everybody: [] }[route.audience];
    expect(operation?.security).toEqual(scheme);
    expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(Object.keys(route.replies)));
  }
});
