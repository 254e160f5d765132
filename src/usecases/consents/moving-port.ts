import type { UpstreamConsent } from '../altinn-port.ts';

/** A consent request with all that was asked. `from` is a URN, and holds a number: it is compared and goes nowhere. */
export type WholeConsent = UpstreamConsent & {
  from: string;
  validTo: Date;
  rights: { resource: string; metadata: Record<string, string> }[];
};

export type ConsentReader = {
  /** As `read`, with what was asked. */
  readWhole(id: string, token: string, signal: AbortSignal): Promise<WholeConsent>;
};
