import { parseArgs } from 'node:util';
import { isOrganizationNumber } from '../../domain/party.ts';
import type { Whose } from './path.ts';

const usage = `hub doctor                       what is wrong with the hub as a whole
hub doctor --client <name or id>  the path of one Maskinporten client: key, scopes
hub doctor --tenant <orgno>       the path of one tenant, from its first token to its webhooks
  --json                          for machines
`;

export type Asked = { json: boolean; whose?: Whose } | { usage: string };

/** What was asked for on the command line; or what can be, where that is not understood. */
export const readWords = (words: readonly string[]): Asked => {
  try {
    const options = { client: { type: 'string' }, tenant: { type: 'string' }, json: { type: 'boolean' } } as const;
    const { client, tenant, json = false } = parseArgs({ args: [...words], options }).values;
    if (client !== undefined && tenant !== undefined) return { usage };
    if (client !== undefined) return client === '' ? { usage } : { json, whose: { client } };
    if (tenant === undefined) return { json };
    // Not repeated: whoever mistook it may have typed a person's number.
    if (!isOrganizationNumber(tenant))
      return { usage: `--tenant takes an organisation number of nine digits\n\n${usage}` };
    return { json, whose: { tenant } };
  } catch {
    return { usage };
  }
};
