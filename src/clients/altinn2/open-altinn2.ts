import type { Altinn2 } from '../../usecases/altinn-port.ts';
import { type Altinn2Options, altinn2Calls } from './calls.ts';
import { consentRequests } from './consent-requests.ts';
import { consentTokens } from './consent-tokens.ts';

/** Altinn 2, as a supplier meets it. @see docs/sources/altinn-2.md */
export const openAltinn2 = (options: Altinn2Options): Altinn2 & { close(): Promise<void> } => {
  const calls = altinn2Calls(options);
  return { ...consentRequests(calls, options.operatorOrgno), ...consentTokens(calls, options), close: calls.close };
};
