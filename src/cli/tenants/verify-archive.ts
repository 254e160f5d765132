import { readFile } from 'node:fs/promises';
import { signedWith } from '../../lib/signed-manifest.ts';
import { callJson } from '../call-json.ts';
import { reasonOf } from '../listen/hub-call.ts';
import type { Manifest } from './archive-parts.ts';
import { readTar } from './tar.ts';

/** An archive, and whose key it is checked with: a hub’s that publishes it, or one that was kept in a file. */
export type VerifyAsk = { file: string; from: { key: string } | { url: URL } };

type Jwk = Record<string, string>;
const keyIn = (set: unknown): Jwk | undefined => {
  const { keys } = (set ?? {}) as { keys?: unknown };
  const found: unknown = Array.isArray(keys) ? keys[0] : set;
  return typeof found === 'object' && found !== null && 'kty' in found ? (found as Jwk) : undefined;
};

/** Never where the archive itself says: a forger would say so too. */
const keyFrom = async ({ from }: VerifyAsk, archive: string): Promise<Jwk> => {
  if ('key' in from) {
    const key = keyIn(JSON.parse(await readFile(from.key, 'utf8')));
    if (!key) throw new Error(`${from.key} holds no key`);
    return key;
  }
  const { status, body } = await callJson('GET', new URL(`/archive-keys/${archive}`, from.url).href).catch(
    (error: unknown) => {
      throw new Error(`no answer from ${from.url.origin} (${reasonOf(error)})`);
    },
  );
  const key = status === 200 ? keyIn(body) : undefined;
  if (!key) throw new Error(`${from.url.origin} has made no archive with this id`);
  return key;
};

const isManifest = (value: unknown): value is Manifest =>
  typeof value === 'object' &&
  value !== null &&
  (value as Manifest).format === 'samtykkehub-archive/1' &&
  /^[\da-f-]{36}$/.test(String((value as Manifest).archive)) &&
  Array.isArray((value as Manifest).files) &&
  typeof (value as Manifest).tenant === 'object' &&
  (value as Manifest).tenant !== null;

const parsed = (bytes: Uint8Array | undefined): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString());
  } catch {
    return undefined;
  }
};

/** What is wrong with it, file by file; nothing when it is whole. */
const faultsOf = (manifest: Manifest, found: Awaited<ReturnType<typeof readTar>>): string[] => [
  ...manifest.files.flatMap(({ name, sha256 }) => {
    const file = found.get(name);
    if (!file) return [`${name} is missing`];
    return file.sha256 === sha256 ? [] : [`${name} is not what was signed`];
  }),
  ...[...found.keys()]
    .filter(
      (name) =>
        name !== 'manifest.json' && name !== 'manifest.jws' && !manifest.files.some((file) => file.name === name),
    )
    .map((name) => `${name.slice(0, 100).replace(/\p{Cc}/gu, ' ')} was not in it`),
];

/** What an archive says of itself, and what is wrong with it: nothing where it is whole. @throws Error where it is none, or there is no key */
export const verifyArchive = async (ask: VerifyAsk): Promise<{ manifest: Manifest; faults: string[] }> => {
  const found = await readTar(ask.file, ['manifest.json', 'manifest.jws']).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${ask.file} cannot be read: ${error.code ?? error.message}`);
  });
  const text = found.get('manifest.json')?.content;
  const manifest = parsed(text);
  if (!text || !isManifest(manifest)) throw new Error(`${ask.file} is no archive of a tenant`);
  const key = await keyFrom(ask, manifest.archive);
  const signed = await signedWith(found.get('manifest.jws')?.content?.toString() ?? '', key);
  const isSigned = signed !== undefined && text.equals(signed);
  return { manifest, faults: isSigned ? faultsOf(manifest, found) : ['its manifest was not signed with this key'] };
};
