import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { runHub } from './run-hub.ts';

test('`hub help` lists every command with what it does', async () => {
  const { code, stdout } = await runHub(['help']);
  expect(code).toBe(0);
  for (const [name, { about }] of Object.entries(commands))
    expect(stdout).toMatch(new RegExp(`^ {2}${name} +${about.replace(/[()?]/g, '\\$&')}$`, 'm'));
  for (const name of ['api', 'worker', 'all', 'sandbox', 'demo', 'migrate', 'doctor', 'reseal', 'help'])
    expect(commands).toHaveProperty(name);
});

test('`hub` alone, and `--help`, are help too', async () => {
  const [help, alone, flag] = await Promise.all([runHub(['help']), runHub([]), runHub(['--help'])]);
  expect([alone, flag]).toEqual([help, help]);
});

test.each(['workers', 'constructor', ''])(
  'a word it does not know, “%s”, gets one sentence and exit code 2',
  async (word) => {
    expect(await runHub([word])).toEqual({
      code: 2,
      stdout: '',
      stderr: `hub knows no "${word}". \`hub help\` lists what it knows.\n`,
    });
  },
);

test.each(Object.keys(commands).filter((name) => name !== 'help'))(
  '`hub %s --help` says what it is, on standard output with exit code 0, and does nothing',
  async (name) => {
    const { code, stdout, stderr } = await runHub([name, '--help'], { HUB_API_KEY: 'k' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^hub ${name}\\b.*\\n`));
    expect(stdout).not.toContain('"level"');
  },
);

test.each(['api', 'worker', 'all', 'sandbox', 'demo', 'migrate', 'reseal'])(
  '`hub %s` with a word it does not know does nothing, and ends with 2',
  async (name) => {
    const { code, stdout, stderr } = await runHub([name, '--verbos']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`hub ${name}   ${commands[name]?.about}\n`);
  },
);

const wrong = {
  PORT: 'secret-port',
  DATABASE_URL: 'mysql://user:secret-password@db.example/x',
  REDIS_URL: 'secret-redis',
  HUB_SEALING_KEYS: 'a:secret-key',
  HUB_KEYSTORE_PUBLIC_KEYS: 'secret-json',
  HUB_OPERATOR_KEY: 'secret-short',
  HUB_ORGNO: '123456789',
  LOG_LEVEL: 'secret-level',
  // and what is wrong only beside others
  NODE_ENV: 'production',
  HUB_EGRESS_ALLOW: '10.0.0.0/8',
  MASKINPORTEN_ISSUER: 'http://secret-issuer.example/',
};

test.each(['api', 'worker', 'migrate', 'doctor'])(
  '`hub %s` tells all faults of its settings in one message, and prints none of their values',
  async (word) => {
    const { code, stdout, stderr } = await runHub([word], wrong);
    expect(code).toBe(1);
    const said = stdout + stderr;
    for (const name of Object.keys(wrong).filter((name) => name !== 'NODE_ENV'))
      expect(said).toMatch(new RegExp(`^ *- .*${name}`, 'm'));
    expect(said).not.toMatch(/secret|10\.0\.0|123456789|\n +at /);
    expect(said.match(/The configuration is not usable/g)).toHaveLength(1);
  },
);
