import { exportCommand, exportUsage } from './tenants/export.ts';
import { importCommand } from './tenants/import.ts';
import { verifyCommand, verifyUsage } from './tenants/verify.ts';
import { importUsage } from './tenants/words.ts';
import { sayUsage } from './usage.ts';

const verbs: Record<string, (words: readonly string[]) => Promise<number>> = {
  import: importCommand,
  export: exportCommand,
  verify: verifyCommand,
};

/** `hub tenants <verb>`: tenants come by the hundred, and one leaves. */
export const tenants = async (words: readonly string[]): Promise<number> => {
  const [verb = '', ...rest] = words;
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  return run ? run(rest) : sayUsage(words, `${importUsage}\n${exportUsage}\n${verifyUsage}`);
};
