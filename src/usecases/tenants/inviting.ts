import type { Invited } from '../../domain/tenant-import.ts';
import type { ByOperator } from '../use-cases.ts';

/** What an import needs of invitations. */
export type Inviting = {
  inviteTenant(by: ByOperator, tenantId: string, ask: { language?: string | undefined }): Promise<Invited>;
  /** Has it ever been invited? */
  isInvited(by: ByOperator, tenantId: string): Promise<boolean>;
};
