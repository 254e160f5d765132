import { parseArgs } from 'node:util';
import { isOrganizationNumber } from '../../domain/party.ts';
import type { Whose } from './path.ts';

const usage = `hub doctor                       what is wrong with the hub as a whole
hub doctor --client <name or id>  the path of one Maskinporten client: key, scopes
hub doctor --tenant <orgno>       the path of one tenant, from its first token to its webhooks
  --hsm                           of these two: also keys in an HSM, for which its PIN is used
  --json                          for machines
`;

export type Asked = { json: boolean; whose?: Whose; hsm?: boolean } | { usage: string };

/** What was asked for on the command line; or what can be, where that is not understood. */
export const readWords = (words: readonly string[]): Asked => {
  try {
    const flag = { type: 'boolean' } as const;
    const options = { client: { type: 'string' }, tenant: { type: 'string' }, json: flag, hsm: flag } as const;
    const { client, tenant, json = false, hsm = false } = parseArgs({ args: [...words], options }).values;
    if (client !== undefined && tenant !== undefined) return { usage };
    if (client !== undefined) return client === '' ? { usage } : { json, hsm, whose: { client } };
    if (tenant === undefined) return hsm ? { usage } : { json };
    // Not repeated: whoever mistook it may have typed a person's number.
    if (!isOrganizationNumber(tenant))
      return { usage: `--tenant takes an organisation number of nine digits\n\n${usage}` };
    return { json, hsm, whose: { tenant } };
  } catch {
    return { usage };
  }
};
