import type { Invitation, InvitationPage, InvitationText, KeptInvitationText, Language } from '../domain/invitation.ts';

/** `expiresAt`: in thirty days unless said, in ninety at most. */
export type InvitationAsk = { language?: Language | undefined; expiresAt?: Date | undefined };
/** `link` is shown once. */
export type WithLink = Invitation & { link: string };

/** Inviting a tenant's administrator, and the page behind the link. `By` is who of the operator does it. */
export type InvitationVerbs<By> = {
  inviteTenant(by: By, tenantId: string, ask: InvitationAsk): Promise<WithLink>;
  listInvitations(by: By, tenantId: string): Promise<Invitation[]>;
  /** Another link; the old one stops at once. @throws Problem `invitation-withdrawn` */
  resendInvitation(by: By, tenantId: string, id: string, ask: InvitationAsk): Promise<WithLink>;
  withdrawInvitation(by: By, tenantId: string, id: string): Promise<void>;

  readInvitationText(by: By, language: Language): Promise<KeptInvitationText>;
  setInvitationText(by: By, language: Language, text: InvitationText): Promise<KeptInvitationText>;
  /** Back to the hub's own words. */
  resetInvitationText(by: By, language: Language): Promise<void>;

  /** What the page tells; counted as an opening where `counts`, or it is the first. Asks nobody outside. Undefined: the link leads nowhere. */
  openInvitation(secret: string, counts: boolean): Promise<InvitationPage | undefined>;
  /** Looks at once whether what was missing has come, unless somebody did within a minute. False: the link leads nowhere. */
  checkInvitation(secret: string): Promise<boolean>;
};
