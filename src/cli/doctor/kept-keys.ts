import type { Config } from '../../config.ts';
import { openKeystore } from '../../lib/keystore.ts';
import { sealingRing } from '../../lib/seal.ts';
import { openKeys } from '../../local-keys.ts';
import { type SealedSamples, sealedSamples } from '../../store/sealed-samples.ts';
import { count, type Finding, ok, untried, wordsOf, wrong } from './finding.ts';

/** What OpenSSL says of a key that does not fit is no help to anybody. */
const whyNot = (error: unknown): string => {
  const words = wordsOf(error);
  return /authenticate|decryption/.test(words) ? 'the key of that id is another one, or the value was altered' : words;
};

/** How many did not open, and why: each reason once. */
const faultsOf = async (opens: readonly (() => unknown)[]): Promise<{ many: number; why: string }> => {
  const whys: string[] = [];
  for (const open of opens)
    try {
      await open();
    } catch (error) {
      whys.push(whyNot(error));
    }
  return { many: whys.length, why: [...new Set(whys)].slice(0, 3).join('; ') };
};

const ringFinding = async ({ ring }: SealedSamples, keys: Parameters<typeof sealingRing>[0]): Promise<Finding> => {
  if (keys.length === 0) return untried('sealing', 'HUB_SEALING_KEYS is not set here');
  const opener = sealingRing(keys);
  const { many, why } = await faultsOf(
    ring.map(
      ({ place, sealed }) =>
        () =>
          opener.open(place, sealed),
    ),
  );
  if (many === 0)
    return ok('sealing', `HUB_SEALING_KEYS opens all that was tried, ${ring.length} of tenants and endpoints`);
  return wrong(
    'sealing',
    `${many} of ${ring.length} tried do not open: ${why}`,
    'put the key they were sealed with back into HUB_SEALING_KEYS, behind the first, in every process; `hub reseal` lets go of it',
  );
};

const keystoreFinding = async (
  { keystore: samples }: SealedSamples,
  keys: Parameters<typeof openKeystore>[0],
): Promise<Finding> => {
  if (!keys.privateJwks?.length)
    return untried('keystore', 'HUB_KEYSTORE_PRIVATE_KEYS is not set here: workers alone have it');
  const keystore = openKeystore(keys);
  const closed: string[] = [];
  const { many, why } = await faultsOf(
    samples.map(({ client, sealed, ...place }) => async () => {
      await keystore.open(place, sealed).catch((error: unknown) => {
        closed.push(client);
        throw error;
      });
    }),
  );
  if (many === 0) return ok('keystore', `HUB_KEYSTORE_PRIVATE_KEYS opens ${count(samples.length, 'signing key')}`);
  return wrong(
    'keystore',
    `${many} of ${count(samples.length, 'signing key')} do not open (${[...new Set(closed)].join(', ')}): ${why}`,
    'give workers the private key they were sealed to, beside the others; else POST …/maskinporten-clients/{id}/keys makes new ones',
  );
};

/** Whether the keys that this process was given open what is stored: a wrong one shows only when somebody needs it. */
export const examineKeptKeys = async (config: Config, databaseUrl: string): Promise<Finding[]> => {
  const { sealing, keystore } = await openKeys(config, { openKeystore: true, make: false });
  const samples = await sealedSamples(databaseUrl);
  return [await ringFinding(samples, sealing), await keystoreFinding(samples, keystore)];
};
