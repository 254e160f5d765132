import { setTimeout } from 'node:timers/promises';
import { openKeySources } from './clients/key-sources/key-sources.ts';
import { openMaskinporten } from './clients/maskinporten/maskinporten.ts';
import { signingKeys } from './clients/maskinporten/signing-keys.ts';
import { openScopeCatalogue } from './clients/selfservice/scope-catalogue.ts';
import { openSelfService } from './clients/selfservice/self-service.ts';
import { openCommand } from './compose-command.ts';
import type { Config } from './config.ts';
import { closerStack } from './lib/closer-stack.ts';
import { openKeystore } from './lib/keystore.ts';
import type { Log } from './lib/log.ts';
import { openKeys } from './local-keys.ts';
import type { SyncParts } from './usecases/selfservice/sync-parts.ts';

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  // Whoever stops it goes on to what comes then.
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
};

/** What a command needs that signs with our keys and changes our clients at Digdir. @throws Error where nothing here opens those keys */
export const openSelfServiceCommand = async (
  config: Config,
  databaseUrl: string,
  log: Log,
): Promise<SyncParts & { close(): Promise<void> }> => {
  const { issuer, operatorOrgno, selfService } = config;
  const { keystore } = await openKeys(config, { openKeystore: true, make: false });
  if (keystore.privateJwks.length === 0)
    throw new Error('This process has no HUB_KEYSTORE_PRIVATE_KEYS: run it with a worker’s settings');
  const parts = closerStack(log);
  try {
    const { clock, ids, store } = parts.add(await openCommand(config, databaseUrl, log));
    // What another process kept is no sign that it can be read from here.
    const known = { read: async () => undefined, keep: async () => undefined };
    return {
      ...{ clock, ids, log, store, pause },
      keystore: openKeystore(keystore),
      signing: signingKeys,
      keySources: parts.add(await openKeySources({ ...config.keySources, log })),
      maskinporten: parts.add(openMaskinporten({ issuer, operatorOrgno, clock, ids, log, known })),
      selfService: parts.add(openSelfService({ baseUrl: selfService.url, log })),
      scopeCatalogue: parts.add(openScopeCatalogue({ baseUrl: selfService.url })),
      settings: {
        ...{ operatorOrgno, selfService, leaseMs: config.leaseMs },
        links: config.links,
      },
      close: parts.close,
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
};
