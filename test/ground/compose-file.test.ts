import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { generateKeystorePair } from '../../src/lib/keystore.ts';

const read = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
const text = read('compose.yaml');

/** The lines below `name:` that are indented further. The file is read as text: it uses no more of YAML than that. */
const section = (name: string, indent = 0, within = text): string => {
  const lines = within.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`${' '.repeat(indent)}${name}:`));
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && line.search(/\S/) <= indent);
  return start < 0 ? '' : rest.slice(0, end < 0 ? undefined : end).join('\n');
};

const services = section('services');
const names = [...services.matchAll(/^ {2}([a-z]+):$/gm)].map(([, name = '']) => name);
const ours = ['migrate', 'api', 'worker'];

/** A service with what it takes over by name. */
const service = (name: string): string => {
  const own = section(name, 2, services);
  const taken = [
    own.includes('<<: *hub') ? section('x-hub') : '',
    own.includes('*settings') ? section('x-settings') : '',
  ];
  return [own, ...taken].join('\n');
};

/** What compose would hand to a container: defaults filled in, required settings taken from `given`. */
const environment = (name: string, given: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    [...service(name).matchAll(/^ +([A-Z][A-Z_\d]+): (.+)$/gm)].map(([, key = '', value = '']) => [
      key,
      value.replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_, variable: string, kind: string, otherwise: string) => {
        const found = given[variable] ?? (kind === '-' ? otherwise : undefined);
        if (found === undefined) throw new Error(`compose would refuse to start without ${variable}`);
        return found;
      }),
    ]),
  );

let given: Record<string, string>;
beforeAll(async () => {
  const { publicJwk, privateJwk } = await generateKeystorePair();
  given = {
    HUB_DATABASE_PASSWORD: 'secret',
    HUB_ORGNO: '310149942',
    HUB_PUBLIC_URL: 'https://hub.example',
    HUB_SEALING_KEYS: `one:${randomBytes(32).toString('base64')}`,
    HUB_KEYSTORE_PUBLIC_KEYS: JSON.stringify(publicJwk),
    HUB_KEYSTORE_PRIVATE_KEYS: JSON.stringify(privateJwk),
  };
});

describe('compose.yaml', () => {
  test('starts migrations, API, worker, PostgreSQL and Redis', () => {
    expect(names).toEqual([...ours, 'postgres', 'redis']);
    for (const name of ours) expect(service(name)).toContain(`command: [${name}]`);
  });

  test.each(names)('gives %s a read-only root, no capability it can do without, and no way to more', (name) => {
    for (const promise of ['read_only: true', 'cap_drop: [ALL]', 'no-new-privileges:true'])
      expect(service(name)).toContain(promise);
    expect(service(name)).not.toContain('privileged');
    if (name !== 'postgres') expect(service(name)).not.toContain('cap_add');
  });

  test('holds the settings that each role needs in production, and nothing that it refuses', () => {
    const config = loadConfig(environment('worker', given), 'worker');
    expect(config).toMatchObject({ production: true, redisUrl: 'redis://redis:6379' });
    expect(loadConfig(environment('api', given), 'api').database.url).toContain('hub:secret@postgres');
    expect(loadConfig(environment('migrate', given), 'command').production).toBe(true);
  });

  test('gives the keys that open signing keys to the worker alone', () => {
    expect(names.filter((name) => service(name).includes('HUB_KEYSTORE_PRIVATE_KEYS'))).toEqual(['worker']);
  });

  test('holds no secret, and starts nothing while one is missing', () => {
    const secrets = text.matchAll(/\$\{(\w*(?:PASSWORD|KEYS))\b(.?.?)/g);
    const lax = [...secrets].filter(([, , how]) => how !== ':?').map(([, name]) => name);
    // The script that makes the login repeats a password that was asked for above.
    expect(lax).toEqual(['HUB_DATABASE_PASSWORD']);
    expect(() => environment('api', {})).toThrow('compose would refuse to start without');
  });

  test('runs roles on a database that is migrated, and Redis so that it loses nothing', () => {
    expect(service('api')).toContain('migrate: { condition: service_completed_successfully }');
    expect(service('worker')).toContain('depends_on: *ready');
    expect(service('redis')).toContain(`--appendonly, "yes", --maxmemory-policy, noeviction`);
  });

  test('leaves the hub the time it takes to finish what is under way', () => {
    const [, limit] = /shutdownMs = (\d+)_000/.exec(read('src/cli/serve.ts')) ?? [];
    const [, grace] = /stop_grace_period: (\d+)s/.exec(service('api')) ?? [];
    expect(Number(grace)).toBeGreaterThan(Number(limit));
  });

  test('makes the login and roles that the embedded PostgreSQL makes', () => {
    const cluster = read('src/embedded/cluster.ts');
    const lines = section('logins', 2)
      .split('\n')
      .filter((line) => line.endsWith(';'));
    expect(lines.length).toBe(5);
    for (const line of lines) expect(cluster).toContain(line.trim().replace(/( PASSWORD .*)?;$/, ''));
  });
});
