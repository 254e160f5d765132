import { Problem } from '../../domain/problem.ts';
import type { Log } from '../../lib/log.ts';
import type { KeySources } from '../../usecases/ports.ts';
import type { KeySource } from '../../usecases/use-cases.ts';
import { unusable } from '../maskinporten/unusable.ts';
import { keyFiles } from './key-files.ts';

type Options = {
  directory?: string | undefined;
  pkcs11?: { module: string; pin: string; token?: string | undefined };
  log: Log;
};

const nowhere = (): never => {
  throw unusable('pkcs11', 'The workers of this hub have no HSM: HUB_PKCS11_MODULE is not set.');
};

/** Signing keys that lie outside the database, in files and in an HSM. What speaks to HSMs is loaded where there is one. */
export const openKeySources = async ({
  directory,
  pkcs11,
  log,
}: Options): Promise<KeySources & { close(): Promise<void> }> => {
  const files = keyFiles(directory);
  const hsm = pkcs11 && (await import('../pkcs11/hsm.ts')).openHsm(pkcs11);
  const where = (source: KeySource) =>
    'file' in source
      ? { name: source.file, of: files }
      : { name: source.pkcs11, of: hsm ?? { look: nowhere, signer: () => nowhere } };

  return {
    async look(source, kid, owner) {
      const { name, of } = where(source);
      return of.look(name, kid, owner);
    },
    open(source, key) {
      const { name, of } = where(source);
      const sign = of.signer(name, key);
      return {
        ...(key.kid === undefined ? {} : { kid: key.kid }),
        certificateChain: key.certificateChain,
        async sign(input) {
          try {
            return await sign(input);
          } catch (error) {
            log.error({ source, kid: key.kid, error }, 'a signing key cannot be used');
            throw new Problem('client-key-unavailable', 'The operator’s signing key cannot be reached.', {
              cause: error,
            });
          }
        },
      };
    },
    close: async () => hsm?.close(),
  };
};
