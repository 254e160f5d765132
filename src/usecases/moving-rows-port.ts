import type { Consent } from '../domain/consent.ts';

/** A tenant's consents of Altinn 2 on their way to Altinn 3. */
export type MovingRows = {
  countAtAltinn2(): Promise<number>;
  /** Those that have not ended, by id, from after that one. */
  openAtAltinn2(after: string | undefined, most: number): Promise<{ consent: Consent; partySealed?: Uint8Array }[]>;
  /** It is at Altinn 3 from now on, with these rights; what it is called there stays. */
  moveToAltinn3(id: string, rights: Consent['rights']): Promise<void>;
};
