import { parseArgs } from 'node:util';
import { holdsNationalId } from '../../lib/mask.ts';
import type { ImportAsk } from '../../usecases/operator/import-services.ts';

const usage = `hub services import                what the resource registry would bring into the catalogue; changes nothing
hub services import <id> <id>…    only these resources
hub services import --catalogue   the services that come with the hub; the registry is not asked
  --apply                         do it
  --data-scope <key>=<scope>      the Maskinporten scope of a service's data, where nobody else knows it
  --take <key>                    let the source have its way where you have changed this service yourself
  --json                          one line of JSON a service
`;

export type ImportWords = (ImportAsk & { json: boolean }) | { usage: string };

const fault = (text: string): ImportWords => ({ usage: `${text}\n\n${usage}` });

const isKey = (text: string): boolean => /^[\w.-]{1,100}$/.test(text) && !holdsNationalId(text);
const isScope = (text: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/.test(text) && !holdsNationalId(text);

/** What was asked for on the command line; or what can be, where that is not understood. Nothing is repeated that may be a number. */
export const readWords = (words: readonly string[]): ImportWords => {
  const flag = { type: 'boolean', default: false } as const;
  const several = { type: 'string', multiple: true, default: [] as string[] } as const;
  const options = { catalogue: flag, apply: flag, json: flag, 'data-scope': several, take: several } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const [verb, ...ids] = positionals;
    if (verb !== 'import') return { usage };
    if (values.catalogue && ids.length > 0) return fault('--catalogue brings all of it: name no resources beside it');
    if (![...ids, ...values.take].every(isKey)) return fault('a resource or key is letters, digits, dots and dashes');
    const pairs = values['data-scope'].map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at === -1 ? 0 : at), pair.slice(at + 1)] as const;
    });
    if (!pairs.every(([key, scope]) => isKey(key) && isScope(scope))) return fault('--data-scope is <key>=<scope>');
    return {
      from: values.catalogue ? 'catalogue' : ids.length > 0 ? ids : 'registry',
      dataScopes: new Map(pairs),
      take: new Set(values.take),
      apply: values.apply,
      json: values.json,
    };
  } catch {
    return { usage };
  }
};
