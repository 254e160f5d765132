import type { Consent } from '../../domain/consent.ts';
import type { Service } from '../../domain/service.ts';
import type { Parts } from '../memory.ts';

/** Data of a consent were fetched, for this service. */
type Used = { consent: Consent; service: Service; at: Date };

/**
 * Altinn 2 wants to be told of each use, which ends a one-time consent; Altinn 3 has no word for it. Called after data have
 * passed, for consents of Altinn 2 alone. Nobody waits for it.
 */
export const useLogged =
  (_parts: Pick<Parts, 'clock' | 'store'>) =>
  async (_used: Used): Promise<void> => {};
