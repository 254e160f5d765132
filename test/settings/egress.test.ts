import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { issue } from '../clients/webhook-receivers/certificates.ts';
import { refusal as message, production } from '../support/settings.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (text: string): Promise<string> => {
  const path = join(folder, `${Math.random()}.pem`);
  await writeFile(path, text);
  return path;
};

test('webhooks trust the authorities of a file, and go through a proxy, in production too', async () => {
  const one = issue('One').certificate;
  const two = issue('Two').certificate;
  const env = {
    ...production,
    HUB_EGRESS_CA_FILE: await file(`# ours\n${one}\n${two}`),
    HUB_EGRESS_PROXY: 'http://user:password@proxy.house:3128',
  };
  const { egress } = loadConfig(env, 'worker');
  expect(egress.proxy).toBe('http://user:password@proxy.house:3128');
  expect(egress.certificates?.map((pem) => pem.replaceAll(/\s/g, ''))).toEqual(
    [one, two].map((pem) => pem.replaceAll(/\s/g, '')),
  );
  expect(loadConfig(production, 'worker').egress).toEqual({ allow: [], certificates: undefined, proxy: undefined });
});

test('a file without certificates, and a proxy that is none, are told at start without being shown', async () => {
  const told = async (text: string) => message({ HUB_EGRESS_CA_FILE: await file(text) });
  expect(message({ HUB_EGRESS_CA_FILE: join(folder, 'nowhere') })).toContain(
    'HUB_EGRESS_CA_FILE: the file cannot be read',
  );
  expect(await told('hunter2')).toContain('HUB_EGRESS_CA_FILE: the file holds no certificate in PEM');
  expect(await told('-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----')).toMatch(
    /HUB_EGRESS_CA_FILE: the file holds a certificate that cannot be read/,
  );
  for (const HUB_EGRESS_PROXY of [
    'socks5://hunter2@proxy:1080',
    'hunter2',
    'http://hunter2@proxy:3128/path',
    'http://hunter2%zz@proxy:3128',
  ]) {
    const refusal = message({ HUB_EGRESS_PROXY });
    expect(refusal).toContain('HUB_EGRESS_PROXY: ');
    expect(refusal).not.toContain('hunter2');
  }
});
