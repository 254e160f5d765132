/** A resource as Altinn 3's registry tells it; what it does not say is left out. */
export type RegisteredResource = {
  id: string;
  isConsent: boolean;
  /** Names as they are written there. */
  metadata: string[];
  template?: string;
  status?: string;
  isOneTime: boolean;
  /** What it was in Altinn 2, where it was made from something there. */
  altinn2?: { serviceCode: string; serviceEditionCode: number };
};
/** An entry that could not be read. */
export type UnreadableResource = { id: string; fault: string };

/** Altinn 3's resource registry: open to everybody, no token. @throws Error that says what it answered instead */
export type ResourceRegistry = {
  /** All consent resources. */
  list(signal: AbortSignal): Promise<(RegisteredResource | UnreadableResource)[]>;
  /** Undefined where the registry knows none. */
  find(id: string, signal: AbortSignal): Promise<RegisteredResource | UnreadableResource | undefined>;
};
