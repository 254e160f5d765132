import { parseArgs } from 'node:util';

const usage = `hub clients sync       what would change of our Maskinporten clients at Digdir; changes nothing
  --apply              do it: make clients, change scopes, register keys and try them, take away what has retired
  --file <path>        clients wanted beside those the hub has: a JSON list of {"name", "purpose", "scopes"}
  --prune              take away what the hub does not know, too: scopes, and keys once ours are seen to work
  --json               one line of JSON a client
`;

export type SyncWords = { file: string | undefined; apply: boolean; prune: boolean; json: boolean } | { usage: string };

/** What was asked for on the command line; or what can be, where that is not understood. */
export const readWords = (words: readonly string[]): SyncWords => {
  const flag = { type: 'boolean', default: false } as const;
  const options = { apply: flag, prune: flag, json: flag, file: { type: 'string' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const { file, apply, prune, json } = values;
    return positionals.join(' ') === 'sync' ? { file, apply, prune, json } : { usage };
  } catch {
    return { usage };
  }
};
