import { parseArgs } from 'node:util';
import { type Register, registers } from '../../domain/owner-lists.ts';

const usage = `hub consumers sync --file <consumers.csv|json>   what would bring the registers of your own APIs in step with one list; changes nothing
  --apply                  do it; stop it and repeat it at will
  --remove                 take off, too, who is not in the file; without it they are only told
  --only <register>        maskinporten, access-list or srr; several with commas between
  --json                   one line of JSON a consumer and list
The first line of a CSV names its columns: orgno, and perhaps name, scopes, accessLists, srrServices, validTo. A cell names some of
the lists that are set (OWNER_SCOPES, OWNER_ACCESS_LISTS, OWNER_SRR_SERVICES), with blanks between; empty means all, - none.
It needs a worker's settings. Exit code 1 where something was refused, failed or could not be read.
`;

export type SyncWords =
  | { file: string; apply: boolean; remove: boolean; json: boolean; only: readonly Register[] }
  | { usage: string };

const isRegister = (text: string): text is Register => (registers as readonly string[]).includes(text);

/** What was asked for on the command line; or what can be, where that is not understood. */
export const readWords = (words: readonly string[]): SyncWords => {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  const options = { file: text, only: text, apply: flag, remove: flag, json: flag } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const [verb, ...more] = positionals;
    if (verb !== 'sync' || more.length > 0) return { usage };
    const { file, only, ...flags } = values;
    if (file === undefined) return { usage: `--file names the list of consumers\n\n${usage}` };
    const named = only === undefined ? [...registers] : only.split(',').map((one) => one.trim());
    if (!named.every(isRegister)) return { usage: `--only is ${registers.join(', ')}\n\n${usage}` };
    return { file, only: named, ...flags };
  } catch {
    return { usage };
  }
};
