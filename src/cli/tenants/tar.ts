import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';

export type TarEntry = { name: string } & ({ bytes: Buffer } | { path: string; size: number });

/** A new file, for its owner's eyes alone, with these in it, in this order. */
export const writeTar = async (path: string, entries: readonly TarEntry[], mtime: Date): Promise<void> => {
  const out = pack();
  const written = pipeline(out, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  const put = async () => {
    for (const entry of entries) {
      const size = 'bytes' in entry ? entry.bytes.length : entry.size;
      const into = out.entry({ name: entry.name, size, mtime, mode: 0o600 });
      if ('bytes' in entry) into.end(entry.bytes);
      else await pipeline(createReadStream(entry.path), into);
    }
    out.finalize();
  };
  await Promise.all([put(), written]);
};

/** More than a manifest is not kept in memory. */
const mostKept = 10_000_000;

/** Digest and size of each file in it, and the content of those that are asked for; the same name twice is a fault. @throws Error */
export const readTar = async (path: string, wanted: readonly string[]) => {
  const files = new Map<string, { sha256: string; bytes: number; content?: Buffer }>();
  const source = createReadStream(path);
  const entries = extract();
  const read = pipeline(source, entries);
  const look = async () => {
    for await (const entry of entries) {
      const { name, type, size = 0 } = entry.header;
      const keeps = wanted.includes(name);
      if (type !== 'file' || files.has(name) || (keeps && size > mostKept))
        throw new Error('it is no archive of a tenant: it holds what no archive holds');
      const digest = createHash('sha256');
      const kept: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        digest.update(chunk);
        if (keeps) kept.push(chunk);
      }
      files.set(name, {
        sha256: digest.digest('hex'),
        bytes: size,
        ...(keeps ? { content: Buffer.concat(kept) } : {}),
      });
    }
  };
  await Promise.all([look(), read]);
  return files;
};
