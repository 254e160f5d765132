import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

export type ArchivedFile = { name: string; rows: number; bytes: number; sha256: string };
/** What an archive says of itself. It is signed; the files are held against it. */
export type Manifest = {
  format: 'samtykkehub-archive/1';
  archive: string;
  madeAt: string;
  tenant: { id: string; orgno: string; name: string };
  withPersons: boolean;
  files: ArchivedFile[];
  /** Tables with rows of the tenant that hold nothing of its own. */
  leftOut: readonly string[];
  /** Where the hub that made it publishes the key it is signed with. */
  keyAt: string;
};

/** Lines on their way into files of a folder, one file a table; each with its digest. */
export const openParts = (folder: string) => {
  const parts: (ArchivedFile & { path: string })[] = [];
  let current: { name: string; file: Awaited<ReturnType<typeof open>>; rows: number; bytes: number } | undefined;
  let digest = createHash('sha256');
  const end = async () => {
    if (!current) return;
    const { name, file, rows, bytes } = current;
    await file.close();
    parts.push({ name, rows, bytes, sha256: digest.digest('hex'), path: join(folder, name) });
    current = undefined;
  };
  return {
    async add(table: string, lines: readonly string[]): Promise<void> {
      const name = `${table}.jsonl`;
      if (current?.name !== name) {
        await end();
        digest = createHash('sha256');
        current = { name, file: await open(join(folder, name), 'wx', 0o600), rows: 0, bytes: 0 };
      }
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      digest.update(bytes);
      await current.file.writeFile(bytes);
      current.rows += lines.length;
      current.bytes += bytes.length;
    },
    async end() {
      await end();
      return parts;
    },
  };
};
