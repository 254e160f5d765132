import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

export type ReportFile = { write(text: string): void; close(): Promise<void> };

/** A file that is not there yet, for its owner's eyes alone: what an earlier run did stands in its own. @throws Error */
export const openReportFile = async (path: string, head: string): Promise<ReportFile> => {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  await new Promise<void>((resolve, reject) => file.once('open', () => resolve()).once('error', reject)).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new Error(`${path} is there already: name another file`) : error;
    },
  );
  file.write(head);
  return {
    write: (text) => void file.write(text),
    async close() {
      file.end();
      await finished(file);
    },
  };
};
