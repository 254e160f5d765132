import { readFileSync } from 'node:fs';

/** Secrets that may come in a file, as orchestrators mount them, instead of in the environment that child processes inherit. */
export const secretSettings = [
  'DATABASE_URL',
  'REDIS_URL',
  'HUB_SEALING_KEYS',
  'HUB_KEYSTORE_PRIVATE_KEYS',
  'HUB_KEYSTORE_PUBLIC_KEYS',
  'HUB_OPERATOR_KEY',
  'HUB_PKCS11_PIN',
  'HUB_EGRESS_PROXY',
  'ALTINN2_API_KEY',
] as const;

type Settings = Record<string, string | undefined>;

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

/** The settings with what their `…_FILE` name holds in its place. Faults name the setting, never the content. */
export const withSecretFiles = (given: Settings): { settings: Settings; faults: string[]; unread: string[] } => {
  const settings = { ...given };
  const faults: string[] = [];
  const unread: string[] = [];
  for (const name of secretSettings) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    const fault = (text: string) => {
      faults.push(`${name}_FILE: ${text}`);
      unread.push(name);
      delete settings[name];
    };
    if (given[name] !== undefined) {
      fault(`does not go with ${name}; set one of them`);
      continue;
    }
    try {
      // Editors end a file with a line break, which is no part of a secret.
      const text = readFileSync(path, 'utf8').trim();
      if (text === '') fault('the file is empty');
      else settings[name] = text;
    } catch (error) {
      fault(`the file cannot be read (${codeOf(error)})`);
    }
  }
  return { settings, faults, unread };
};
