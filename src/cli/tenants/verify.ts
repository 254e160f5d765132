import { parseArgs } from 'node:util';
import { isPrivateWay } from '../listen/words.ts';
import { orSay } from '../stop-signals.ts';
import { sayUsage } from '../usage.ts';
import { type VerifyAsk, verifyArchive } from './verify-archive.ts';

export const verifyUsage = `hub tenants verify <archive.tar>   is this what a hub made of a tenant, to the last byte?
  --url <address>                 of that hub, which publishes the key; or HUB_URL
  --key <file>                    the key as the hub published it, where the hub is gone
`;

const environment = (env: NodeJS.ProcessEnv) => ({ url: env['HUB_URL'] });

const read = (words: readonly string[], given: { url?: string | undefined }): VerifyAsk | undefined => {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { url: text, key: text },
      allowPositionals: true,
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0 || (values.url !== undefined && values.key !== undefined))
      return undefined;
    if (values.key !== undefined) return { file, from: { key: values.key } };
    const url = URL.parse(values.url ?? given.url ?? '');
    return url?.protocol === 'https:' || url?.protocol === 'http:' ? { file, from: { url } } : undefined;
  } catch {
    return undefined;
  }
};

/** Whoever made the key may have made the archive, too: nothing in it is for the terminal to obey. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, ' ');

const run = async (ask: VerifyAsk): Promise<number> => {
  if ('url' in ask.from && !isPrivateWay(ask.from.url))
    process.stderr.write(
      `The key comes from ${ask.from.url.origin} unencrypted: whoever is on the way could give one of their own. Use https, or --key\n`,
    );
  const { manifest, faults } = await verifyArchive(ask);
  if (faults.length > 0) {
    process.stdout.write(`NOT what the hub made:\n${faults.map((fault) => `- ${plain(fault)}\n`).join('')}`);
    return 1;
  }
  const { tenant, madeAt, files, withPersons } = manifest;
  const rows = files.reduce((all, file) => all + file.rows, 0);
  const told = `${tenant.name} (${tenant.orgno}), ${madeAt}: ${rows} rows in ${files.length} files, ${withPersons ? 'with' : 'without'} persons’ numbers. Whole, and as it was signed.`;
  process.stdout.write(`${plain(told)}\n`);
  return 0;
};

/** `hub tenants verify`: needs no settings, and no hub where its key was kept. */
export const verifyCommand = async (words: readonly string[]): Promise<number> => {
  const ask = read(words, environment(process.env));
  if (!ask) return sayUsage(words, verifyUsage);
  return orSay(() => run(ask));
};
