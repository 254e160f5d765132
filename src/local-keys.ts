import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { generateKeystorePair } from './lib/keystore.ts';
import type { SealingKey } from './lib/seal.ts';

export type Keys = {
  sealing: SealingKey[];
  keystore: { publicJwks: Record<string, unknown>[]; privateJwks: Record<string, unknown>[] };
  operatorKey?: string;
};

type Kept = {
  sealing: string;
  keystorePublic: Record<string, unknown>;
  keystorePrivate: Record<string, unknown>;
  operatorKey: string;
};

/** Keys of a development machine: made once, kept beside its database, readable by their owner alone. */
const localKeys = async (directory: string, make: boolean): Promise<Kept | undefined> => {
  const file = join(directory, 'keys.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (!make) return undefined;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { publicJwk, privateJwk } = await generateKeystorePair();
  const made: Kept = {
    sealing: randomBytes(32).toString('base64'),
    keystorePublic: publicJwk,
    keystorePrivate: privateJwk,
    operatorKey: `hub_dev_${randomBytes(32).toString('base64url')}`,
  };
  // Written beside and linked into place: of two processes that start at once, both read what the first one wrote.
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, JSON.stringify(made), { mode: 0o600, flag: 'w' });
  await link(mine, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await unlink(mine).catch(() => undefined);
  return JSON.parse(await readFile(file, 'utf8')) as Kept;
};

/** The keys that were set, and outside production those made for whatever was not; `make: false` only looks whether they were. */
export const openKeys = async (config: Config, may: { openKeystore: boolean; make?: boolean }): Promise<Keys> => {
  const { sealingKeys, keystore, operatorKey, production, directory } = config;
  const complete = sealingKeys && keystore.publicJwks && (keystore.privateJwks || !may.openKeystore) && operatorKey;
  const local = production || complete ? undefined : await localKeys(directory, may.make ?? true);
  const own = local && keystore.publicJwks === undefined;
  const key = operatorKey ?? local?.operatorKey;
  return {
    sealing: sealingKeys ?? (local ? [{ id: 'local', key: Buffer.from(local.sealing, 'base64') }] : []),
    keystore: {
      publicJwks: keystore.publicJwks ?? (local ? [local.keystorePublic] : []),
      privateJwks: may.openKeystore ? (keystore.privateJwks ?? (own ? [local.keystorePrivate] : [])) : [],
    },
    ...(key === undefined ? {} : { operatorKey: key }),
  };
};
