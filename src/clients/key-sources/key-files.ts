import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyOwner, PublicKey, SigningKey } from '../../usecases/ports.ts';
import { type ReadKey, readHandedKey } from '../maskinporten/handed-key.ts';
import { publicKey, signWith } from '../maskinporten/signing-keys.ts';
import { unusable } from '../maskinporten/unusable.ts';
import { isSame } from './same-key.ts';

const mostBytes = 256 * 1024;

/** `stamp` is another one when the file is. */
type Found = { text: string; stamp: string };

const unreadable = (error: unknown): Error => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return unusable('file', `There is no such file in HUB_KEY_DIRECTORY that workers can read (${code}).`);
};

/** A JWK, or PEM with or without its certificates. `kid` is a name given beside it. */
const keyIn = (text: string, kid: string | undefined): ReadKey => {
  if (!text.trimStart().startsWith('{')) return readHandedKey({ pem: text, ...(kid === undefined ? {} : { kid }) });
  let jwk: Record<string, unknown>;
  try {
    jwk = JSON.parse(text);
  } catch {
    throw unusable('file', 'The file begins like a JWK, and is none.');
  }
  if (kid !== undefined && jwk['kid'] !== undefined && jwk['kid'] !== kid)
    throw unusable('kid', 'The JWK in the file has another `kid`.');
  return readHandedKey({ jwk: { ...jwk, ...(kid === undefined ? {} : { kid }) } });
};

/** Private keys in files that somebody mounts, all in one directory. */
export const keyFiles = (directory: string | undefined) => {
  const pathOf = (name: string): string => {
    // The name comes from a row, and whoever writes rows shall not choose what else is read here.
    if (!/^[\w-][\w.-]{0,199}$/.test(name)) throw unusable('file', 'This is no plain name of a file.');
    if (directory === undefined)
      throw unusable('file', 'The workers of this hub have no directory of keys: HUB_KEY_DIRECTORY is not set.');
    return join(directory, name);
  };

  const stampOf = async (name: string): Promise<string> => {
    const path = pathOf(name);
    let found: Stats;
    try {
      // Followed where it leads: an orchestrator mounts a secret as a link, which it turns to the next one.
      found = await stat(path);
    } catch (error) {
      throw unreadable(error);
    }
    if (!found.isFile()) throw unusable('file', 'What has this name in HUB_KEY_DIRECTORY is no file.');
    if (found.size > mostBytes) throw unusable('file', 'The file is too large to be a key.');
    return `${found.mtimeMs} ${found.ino} ${found.size}`;
  };

  const read = async (name: string): Promise<Found> => {
    // Before it is read: what changes meanwhile is then read once more.
    const stamp = await stampOf(name);
    try {
      return { text: await readFile(pathOf(name), 'utf8'), stamp };
    } catch (error) {
      throw unreadable(error);
    }
  };

  return {
    /** @throws Problem `key-unusable` */
    async look(name: string, kid: string | undefined, owner: KeyOwner): Promise<PublicKey> {
      return publicKey(keyIn((await read(name)).text, kid), owner);
    },
    /** Signs with what is in the file now. @throws Problem `key-unusable`, also when that is another key than this one */
    signer(name: string, known: PublicKey): SigningKey['sign'] {
      let held: { stamp: string; key: KeyObject } | undefined;
      return async (input) => {
        if (held === undefined || held.stamp !== (await stampOf(name))) {
          const { text, stamp } = await read(name);
          const { key } = keyIn(text, known.kid);
          if (!isSame(createPublicKey(key), known))
            throw unusable('file', 'The file holds another key than the one that was added: add it as a new key.');
          held = { stamp, key };
        }
        return signWith(held.key, input);
      };
    },
  };
};
