import { openRightsRegister } from './clients/altinn2/rights-register.ts';
import { openAccessLists } from './clients/resource-registry/access-lists.ts';
import { openScopeAccess } from './clients/selfservice/scope-access.ts';
import type { Config } from './config.ts';
import type { Register } from './domain/owner-lists.ts';
import type { OwnerRegister } from './usecases/owner-registers-port.ts';

/** The registers of an operator that owns APIs itself. */
export const openOwnerRegisters = (
  config: Pick<Config, 'selfService' | 'registryUrl' | 'altinn2'>,
): { registers: Record<Register, OwnerRegister>; close(): Promise<void> } => {
  const { url, apiKey } = config.altinn2;
  const maskinporten = openScopeAccess({ baseUrl: config.selfService.url });
  const lists = openAccessLists({ baseUrl: config.registryUrl });
  const srr = openRightsRegister({ baseUrl: url, apiKey });
  return {
    registers: { maskinporten, 'access-list': lists, srr },
    close: async () => {
      await Promise.allSettled([maskinporten.close(), lists.close(), srr.close()]);
    },
  };
};
