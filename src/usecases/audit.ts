import type { AuditEntry } from './oversight.ts';
import type { Ports } from './ports.ts';
import type { By } from './use-cases.ts';

/** An entry of the audit: who did or saw what, within which request. Details hold no secret and no national number. */
export const auditEntry = (
  { clock, ids }: Pick<Ports, 'clock' | 'ids'>,
  { caller, requestId }: By,
  action: string,
  target: string,
  details: object = {},
  tenantId?: string,
): AuditEntry => ({
  id: ids.uuid(),
  at: clock.now(),
  ...(tenantId === undefined ? {} : { tenantId }),
  actor: { kind: caller.kind === 'tenant' ? 'api-key' : 'operator-key', id: caller.keyId, name: caller.keyName },
  action,
  target,
  details,
  requestId,
});

/** The same where nobody asked for it: a part of the hub did it by itself. */
export const systemEntry = (
  { clock, ids }: Pick<Ports, 'clock' | 'ids'>,
  part: string,
  action: string,
  target: string,
  details: object = {},
): AuditEntry => ({
  id: ids.uuid(),
  at: clock.now(),
  actor: { kind: 'system', id: part, name: part },
  action,
  target,
  details,
});
