import type { Invitation, InvitationText, KeptInvitationText, Language } from '../domain/invitation.ts';

/** One tenant's invitations. */
export type InvitationRows = {
  /** The oldest first. */
  list(): Promise<Invitation[]>;
  /** Nobody else changes it before this transaction ends. */
  lock(id: string): Promise<Invitation | undefined>;
  add(invitation: Invitation, digest: Uint8Array, createdBy: string): Promise<void>;
  /** With a digest: its link is another one from now on, which nobody has opened. */
  save(invitation: Invitation, digest?: Uint8Array): Promise<void>;
};

/** The operator's own words, by language. */
export type InvitationTextRows = {
  list(): Promise<(KeptInvitationText & { language: Language })[]>;
  save(language: Language, text: InvitationText, now: Date): Promise<void>;
  /** False where there were none. */
  remove(language: Language): Promise<boolean>;
};

/** Whose page a link leads to, whether it was ever opened, and whether that was for the first time now. */
export type OpenedInvitation = {
  tenantId: string;
  id: string;
  language?: Language;
  expiresAt: Date;
  isOpened: boolean;
  isFirst: boolean;
};

export type InvitationStore = {
  /**
   * Whose invitation that is, where it is in force and its tenant at work; `counts`: it is opened now. Anybody may ask, so it
   * costs one statement and no transaction, the same whether the link leads somewhere or not.
   */
  findInvitation(digest: Uint8Array, now: Date, counts: boolean): Promise<OpenedInvitation | undefined>;
};
