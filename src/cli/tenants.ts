import { importCommand } from './tenants/import.ts';
import { importUsage } from './tenants/words.ts';
import { sayUsage } from './usage.ts';

const verbs: Record<string, (words: readonly string[]) => Promise<number>> = { import: importCommand };

/** `hub tenants <verb>`: tenants by the hundred. */
export const tenants = async (words: readonly string[]): Promise<number> => {
  const [verb = '', ...rest] = words;
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  return run ? run(rest) : sayUsage(words, importUsage);
};
