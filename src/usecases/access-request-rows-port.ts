import type { AccessRequest } from '../domain/access-request.ts';

/** What one tenant's administrators were asked for. */
export type AccessRequestRows = {
  /** The newest first; a hundred at most. */
  list(): Promise<AccessRequest[]>;
  /** Locked until the end of the transaction. */
  find(id: string): Promise<AccessRequest | undefined>;
  /** False, and nothing is added, where the same was asked for and has not been answered. */
  add(request: AccessRequest): Promise<boolean>;
  save(request: AccessRequest): Promise<void>;
};
