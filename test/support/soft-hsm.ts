import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const softHsmModule = '/usr/lib/softhsm/libsofthsm2.so';

/** SoftHSM, and OpenSC's tool with which keys are made in it. */
export const hasSoftHsm: boolean =
  existsSync(softHsmModule) && spawnSync('pkcs11-tool', ['--help']).error === undefined;

export type SoftHsm = {
  module: string;
  token: string;
  pin: string;
  /** Makes a key in the token, which never leaves it. */
  generate(label: string, type?: string): void;
  /** Puts a certificate (DER) beside it. */
  addCertificate(label: string, der: Buffer): void;
  remove(label: string): void;
  /** Sets up another token beside the first. */
  addToken(label: string): void;
  /** In this process: SoftHSM looks for another's changes of keys, and not of a PIN. */
  changePin(to: string, from?: string): Promise<void>;
  /** Closes every session of this process, behind the back of whoever has one. */
  breakSessions(): Promise<void>;
  close(): void;
};

/** Calls SoftHSM past our own binding of it. Loaded when it is wanted, as in the hub. */
const call = async (name: string, takes: string[], ...given: unknown[]): Promise<void> => {
  const { default: koffi } = await import('koffi');
  const answer = koffi.load(softHsmModule).func(name, 'ulong', takes)(...given);
  if (answer !== 0) throw new Error(`${name} answered ${answer}`);
};

const tokensIn = async () => {
  const { openModule } = await import('../../src/clients/pkcs11/module.ts');
  return (await openModule(softHsmModule)).tokens();
};

/**
 * Tokens in a folder of their own. SoftHSM looks for its settings in this process's environment, once: one for each process.
 */
export const startSoftHsm = (): SoftHsm => {
  const folder = mkdtempSync(join(tmpdir(), 'soft-hsm-'));
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens);
  const settings = join(folder, 'softhsm2.conf');
  writeFileSync(settings, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  process.env['SOFTHSM2_CONF'] = settings;
  const [token, pin] = ['samtykkehub', 'pin-of-samtykkehub'];
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'pipe' });
  const tool = (...args: string[]) =>
    run('pkcs11-tool', '--module', softHsmModule, '--token-label', token, '--login', '--pin', pin, ...args);
  const addToken = (label: string) => {
    run('softhsm2-util', '--init-token', '--free', '--label', label, '--so-pin', '314159', '--pin', pin);
  };
  addToken(token);
  return {
    module: softHsmModule,
    token,
    pin,
    generate: (label, type = 'rsa:2048') => {
      tool('--keypairgen', '--key-type', type, '--label', label);
    },
    addCertificate: (label, der) => {
      const file = join(folder, 'certificate.der');
      writeFileSync(file, der);
      tool('--write-object', file, '--type', 'cert', '--label', label);
    },
    remove: (label) => {
      tool('--delete-object', '--type', 'privkey', '--label', label);
    },
    addToken,
    changePin: async (to, from = pin) => {
      const slot = (await tokensIn()).find(({ label }) => label === token)?.slot;
      // Where somebody is in already, nobody logs in.
      await call('C_CloseAllSessions', ['ulong'], slot);
      const memory = Buffer.alloc(8);
      await call('C_OpenSession', ['ulong', 'ulong', 'void *', 'void *', 'void *'], slot, 6, null, null, memory); // it may write
      const session = memory.readBigUInt64LE();
      await call('C_Login', ['ulong', 'ulong', 'str', 'ulong'], session, 1, from, from.length);
      await call('C_SetPIN', ['ulong', 'str', 'ulong', 'str', 'ulong'], session, from, from.length, to, to.length);
      await call('C_CloseSession', ['ulong'], session);
    },
    breakSessions: async () => {
      for (const { slot } of await tokensIn()) await call('C_CloseAllSessions', ['ulong'], slot);
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};
