import { openAltinn2 } from './clients/altinn2/open-altinn2.ts';
import { openAltinn3 } from './clients/altinn3/consent-requests.ts';
import { openKeySources } from './clients/key-sources/key-sources.ts';
import { openMaskinporten } from './clients/maskinporten/maskinporten.ts';
import { signingKeys } from './clients/maskinporten/signing-keys.ts';
import type { Config } from './config.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { type Ids, randomIds } from './lib/ids.ts';
import { openKeystore } from './lib/keystore.ts';
import { silentLog } from './lib/log.ts';
import { openKeys } from './local-keys.ts';
import { openReader, type Reader } from './store/open-reader.ts';
import type { Altinn2, ConsentGateway } from './usecases/altinn-port.ts';
import type { ConsentReader } from './usecases/consents/moving-port.ts';
import type { Maskinporten, Settings, SigningKey } from './usecases/ports.ts';
import type { UsableClient } from './usecases/tokens/find-client.ts';
import { signingKeys as opener } from './usecases/tokens/signing-keys.ts';

/** One call takes no longer: somebody sits and waits. */
const timeoutMs = 4000;

/** What it takes to walk somebody's whole path: rows to read, keys to sign with, and the outside to ask. */
export type Examination = {
  clock: Clock;
  ids: Ids;
  settings: Pick<Settings, 'operatorOrgno' | 'consentScope' | 'ownScopes' | 'altinn2' | 'links'>;
  reader: Reader;
  /** As workers open them. */
  keyOf(by: UsableClient): Promise<SigningKey>;
  /** Why this key is not opened here, where something was not given that opens it: to an API's process nothing is. */
  shut(key: UsableClient['key']): string | undefined;
  maskinporten: Maskinporten;
  altinn3: ConsentGateway & ConsentReader;
  altinn2: Pick<Altinn2, 'list'>;
  /** For each single try. */
  patience(): AbortSignal;
  close(): Promise<void>;
};

const withoutIt = (name: string): string => `this process has no ${name}: run it with a worker’s settings`;

/** Beside `compose`, for looking alone: nothing is migrated, kept or made. @throws Error when a keystore key cannot be read */
export const openExamination = async (
  config: Config,
  databaseUrl: string,
  { hsm }: { hsm: boolean },
): Promise<Examination> => {
  const { issuer, operatorOrgno, consentScope, ownScopes } = config;
  const { keystore } = await openKeys(config, { openKeystore: true, make: false });
  const { directory, pkcs11 } = config.keySources;
  const keySources = await openKeySources({ directory, ...(hsm && pkcs11 ? { pkcs11 } : {}), log: silentLog });
  const keyOf = opener({ keystore: openKeystore(keystore), signing: signingKeys, keySources });
  const shared = { clock: systemClock, log: silentLog, timeoutMs };
  const maskinporten = openMaskinporten({
    ...shared,
    issuer,
    operatorOrgno,
    ids: randomIds,
    // What another process kept is no sign that it can be read from here.
    known: { read: async () => undefined, keep: async () => undefined },
  });
  const altinn3 = openAltinn3({ ...shared, baseUrl: config.altinn3Url });
  const altinn2 = openAltinn2({ ...shared, ...config.altinn2, baseUrl: config.altinn2.url, operatorOrgno });
  const reader = openReader(databaseUrl, silentLog);
  return {
    clock: systemClock,
    ids: randomIds,
    settings: {
      operatorOrgno,
      consentScope,
      ownScopes,
      altinn2: config.altinn2.told,
      links: { delegate: config.portalUrl, grant: config.portalUrl, selfService: config.selfService.url },
    },
    reader,
    keyOf,
    shut: ({ privateSealed, source }) => {
      if (source && 'file' in source) return directory === undefined ? withoutIt('HUB_KEY_DIRECTORY') : undefined;
      if (source && !pkcs11) return withoutIt('HUB_PKCS11_MODULE');
      if (source) return hsm ? undefined : 'not tried: needs --hsm, with which the PIN of the HSM is used';
      const isOurs = privateSealed === undefined || keystore.privateJwks.length > 0;
      return isOurs ? undefined : withoutIt('HUB_KEYSTORE_PRIVATE_KEYS');
    },
    maskinporten,
    altinn3,
    altinn2,
    patience: () => AbortSignal.timeout(timeoutMs),
    close: async () => {
      await Promise.allSettled([
        reader.close(),
        maskinporten.close(),
        altinn3.close(),
        altinn2.close(),
        keySources.close(),
      ]);
    },
  };
};
