import { parseArgs } from 'node:util';
import { isOrganizationNumber } from '../../domain/party.ts';
import { holdsNationalId } from '../../lib/mask.ts';

const usage = `hub migrate-consents --tenant <orgno>   which of a tenant's consents of Altinn 2 would move to Altinn 3, and why others do not
  --apply                               move them; stop it and repeat it at will
  --csv <file>                          all of them, one a line; a new file each time
  --map <key>=<key>                     which service of Altinn 3 one of Altinn 2 is now, where Altinn's names do not say it
It needs a worker's settings. Exit code 1 where something stays.
`;

export type MovingWords =
  | { tenant: string; apply: boolean; csv?: string; named: ReadonlyMap<string, string> }
  | { usage: string };

const isKey = (text: string | undefined): text is string =>
  text !== undefined && /^[\w.-]{1,100}$/.test(text) && !holdsNationalId(text);

/** What was asked for on the command line; or what can be, where that is not understood. */
export const readWords = (words: readonly string[]): MovingWords => {
  const text = { type: 'string' } as const;
  const options = {
    ...{ tenant: text, csv: text },
    apply: { type: 'boolean', default: false },
    map: { type: 'string', multiple: true, default: [] as string[] },
  } as const;
  try {
    const { tenant = '', csv, apply, map } = parseArgs({ args: [...words], options }).values;
    // Not repeated: whoever mistook it may have typed a person's number.
    if (!isOrganizationNumber(tenant))
      return { usage: `--tenant takes an organisation number of nine digits\n\n${usage}` };
    const pairs = map.map((pair) => pair.split('='));
    const named = new Map<string, string>();
    for (const [from, to, ...more] of pairs) {
      if (!isKey(from) || !isKey(to) || more.length > 0)
        return { usage: `--map is <key of Altinn 2>=<key of Altinn 3>\n\n${usage}` };
      named.set(from, to);
    }
    return { tenant, apply, named, ...(csv === undefined ? {} : { csv }) };
  } catch {
    return { usage };
  }
};
