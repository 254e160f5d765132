import { parseArgs } from 'node:util';
import { type Language, languages } from '../../domain/invitation.ts';
import { isPrivateWay } from '../listen/words.ts';

export const importUsage = `hub tenants import <file.csv>     what would become of each row; changes nothing
  --apply                         do it; stop it and repeat it at will
  --invite                        invite those that nobody has invited yet (with --apply)
  --language <nb|nn|en>           of the invitations, where a row says no other
  --report <file>                 where the report goes, invitation links in it; a new file each time
  --show-links                    invitation links on the terminal, too
  --url <address>                 of the hub; or HUB_URL (unless set: http://localhost:3000)
  --json                          one line of JSON a row
Columns: orgno, name, services, redirectUrls, language, expiringDays; Norwegian names are understood.
The operator's key is read from HUB_OPERATOR_KEY. Exit code 1 where a row was refused or it was stopped.
`;

export type ImportWords =
  | {
      file: string;
      apply: boolean;
      invite?: { language?: Language };
      report?: string;
      showLinks: boolean;
      json: boolean;
      hub: URL;
      key: string;
      isPrivate: boolean;
    }
  | { usage: string };

const fault = (text: string): ImportWords => ({ usage: `${text}\n\n${importUsage}` });

const addressOf = (text: string): URL | undefined => {
  const url = URL.parse(text);
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  return isWeb && url.username === '' && url.password === '' ? url : undefined;
};

/** What was asked for on the command line; or what can be, where that is not understood. */
export const readImportWords = (
  words: readonly string[],
  given: { url?: string | undefined; key?: string | undefined },
): ImportWords => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    ...{ url: text, language: text, report: text },
    ...{ apply: flag, invite: flag, json: flag, 'show-links': flag },
  };
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...words], options, allowPositionals: true });
  } catch {
    return words.includes('--help') ? { usage: importUsage } : fault('these words are not understood');
  }
  const { values, positionals } = parsed;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) return fault('it takes one file');
  const language = languages.find((one) => one === values.language);
  if (values.language !== undefined && language === undefined)
    return fault(`--language is one of ${languages.join(', ')}`);
  if (language !== undefined && !values.invite) return fault('--language goes with --invite');
  const { key = '' } = given;
  if (key === '') return fault('the operator’s key is needed: set HUB_OPERATOR_KEY');
  if (!/^[\x21-\x7e]+$/.test(key)) return fault('HUB_OPERATOR_KEY holds what no key holds');
  const hub = addressOf(values.url ?? given.url ?? 'http://localhost:3000');
  if (!hub) return fault('--url (or HUB_URL) is an address that begins with http:// or https://');
  return {
    ...{ file, hub, key, isPrivate: isPrivateWay(hub) },
    ...{ apply: values.apply, json: values.json, showLinks: values['show-links'] },
    ...(values.invite ? { invite: language === undefined ? {} : { language } } : {}),
    ...(values.report === undefined ? {} : { report: values.report }),
  };
};
