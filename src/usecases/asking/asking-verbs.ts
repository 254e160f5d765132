import type { AccessRequest } from '../../domain/access-request.ts';

/** What of a tenant's access can be asked for, and what cannot: that is for a person to do, at `link`. */
export type AskedAccess = { items: AccessRequest[]; cannotBeAsked: { scope: string; link: string }[] };

/** `By`: the operator's key that asks for it. */
export type AskingVerbs<By> = {
  /**
   * Asks the tenant's administrators, by API, to delegate what its services lack. What was asked for and is not answered yet is
   * not asked for again.
   *
   * @throws Problem `tenant-not-found`, `tenant-suspended`; `cannot-be-asked` where there is no way for any of it
   */
  askForAccess(by: By, tenantId: string): Promise<AskedAccess>;
  /** The newest first. */
  listAccessRequests(by: By, tenantId: string): Promise<AccessRequest[]>;
};
