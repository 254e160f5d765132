import { Problem } from '../../domain/problem.ts';
import type { ConsentToken } from '../altinn-port.ts';
import type { SealedParty } from '../consent-rows-port.ts';
import { callingAltinn2, consentTokenAsk } from '../consents/upstream.ts';
import type { Parts } from '../memory.ts';
import type { TokenFor } from './known-token.ts';
import { withToken } from './with-token.ts';

/**
 * Altinn 2's own word that a consent is in force, which a data source wants beside Maskinporten's token. It lives for half a
 * minute, and is checked before anybody gets it.
 *
 * @throws Problem `consent-not-usable` when Altinn gives none
 */
export const consentTokenOfAltinn2 = (parts: Parts, tokenFor: TokenFor) => {
  const { altinn2, memories, sealing } = parts;
  const asking = callingAltinn2(parts, withToken(parts, tokenFor));
  return async (found: SealedParty, orgno: string, signal: AbortSignal): Promise<ConsentToken> => {
    const ask = consentTokenAsk(found, orgno, { sealing, catalogue: await memories.services() });
    try {
      return await asking(found.consent.tenantId, 'tokens', signal, (token) =>
        altinn2.consentToken(ask, token, signal),
      );
    } catch (error) {
      if (error instanceof Problem && error.code === 'consent-not-at-altinn')
        throw new Problem('consent-not-usable', 'Altinn 2 gives no consent token for it', { cause: error });
      throw error;
    }
  };
};
