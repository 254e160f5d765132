import { hash } from 'node:crypto';
import { type Invitation, longestInvitationMs, stateOf, usualInvitationMs } from '../../domain/invitation.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { InvitationAsk, WithLink } from '../invitation-verbs.ts';
import type { Parts } from '../memory.ts';
import type { ByOperator, UseCases } from '../use-cases.ts';
import { checkExpiry } from './keys.ts';

type Verbs = Pick<UseCases, 'inviteTenant' | 'listInvitations' | 'resendInvitation' | 'withdrawInvitation'>;

/** What is kept of a link. There is nothing to guess in 256 random bits, so that a plain digest will do. */
export const linkDigest = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** @throws Problem `expires-at-past`, `invitation-too-long` */
const endOf = ({ expiresAt }: InvitationAsk, now: Date): Date => {
  if (expiresAt === undefined) return new Date(now.getTime() + usualInvitationMs);
  checkExpiry(expiresAt, now);
  if (expiresAt.getTime() - now.getTime() <= longestInvitationMs) return expiresAt;
  const detail = `must lie within ${longestInvitationMs / 86_400_000} days`;
  throw new Problem('invitation-too-long', `/expiresAt ${detail}`, {
    errors: [{ field: '/expiresAt', code: 'invitation-too-long', detail }],
  });
};

/** Pages for tenants' administrators: made, sent again and taken back by the operator. */
export const invitations = (parts: Parts): Verbs => {
  const { clock, ids, store, memories, settings } = parts;

  const mustExist = async (tenantId: string) => {
    const known = await memories.tenant.get(tenantId);
    if (!known) throw new Problem('tenant-not-found', 'No tenant with this id');
    return known.tenant;
  };
  /** A link that leads to nothing is not handed out. */
  const mustWork = async (tenantId: string): Promise<void> => {
    if ((await mustExist(tenantId)).status !== 'active')
      throw new Problem('tenant-suspended', 'The page is not shown while the tenant is suspended');
  };

  const newLink = () => {
    const secret = ids.secret(256);
    return { digest: linkDigest(secret), link: `${settings.publicUrl}/invitation/${secret}` };
  };

  /** Changes one that is not withdrawn, and notes it in the audit. */
  const alter = (
    by: ByOperator,
    tenantId: string,
    id: string,
    action: string,
    change: (before: Invitation) => { after: Invitation; digest?: Buffer } | undefined,
  ): Promise<Invitation | undefined> =>
    store.asTenant(tenantId, async (rows) => {
      const before = await rows.invitations.lock(id);
      if (!before) throw new Problem('invitation-not-found', 'No invitation with this id');
      const changed = change(before);
      if (!changed) return undefined;
      const { after, digest } = changed;
      await rows.invitations.save(after, digest);
      const { language, openings, openedAt } = before;
      const details = {
        language: after.language ?? null,
        expiresAt: after.expiresAt.toISOString(),
        before: { language: language ?? null, openings, openedAt: openedAt?.toISOString() ?? null },
      };
      await rows.audit.add(auditEntry(parts, by, action, id, details, tenantId));
      return after;
    });

  return {
    async inviteTenant(by, tenantId, ask): Promise<WithLink> {
      await mustWork(tenantId);
      const now = clock.now();
      const { digest, link } = newLink();
      const invitation: Invitation = {
        id: ids.uuid(),
        ...(ask.language ? { language: ask.language } : {}),
        createdAt: now,
        sentAt: now,
        expiresAt: endOf(ask, now),
        openings: 0,
      };
      await store.asTenant(tenantId, async (rows) => {
        await rows.invitations.add(invitation, digest, by.caller.keyId);
        const { id, language, expiresAt } = invitation;
        const details = { language: language ?? null, expiresAt: expiresAt.toISOString() };
        await rows.audit.add(auditEntry(parts, by, 'tenant.invited', id, details, tenantId));
      });
      return { ...invitation, link };
    },
    async listInvitations(_by, tenantId) {
      await mustExist(tenantId);
      return store.asTenant(tenantId, (rows) => rows.invitations.list());
    },
    async resendInvitation(by, tenantId, id, ask) {
      await mustWork(tenantId);
      const now = clock.now();
      const expiresAt = endOf(ask, now);
      const { digest, link } = newLink();
      const sent = await alter(by, tenantId, id, 'invitation.sent-again', (before) => {
        if (stateOf(before, now) === 'withdrawn')
          throw new Problem('invitation-withdrawn', 'Make another invitation instead');
        const { openedAt: _, lastOpenedAt: __, ...rest } = before;
        const another = ask.language ? { language: ask.language } : {};
        return { after: { ...rest, ...another, sentAt: now, expiresAt, openings: 0 }, digest };
      });
      if (!sent) throw new Problem('invitation-not-found', 'No invitation with this id');
      return { ...sent, link };
    },
    async withdrawInvitation(by, tenantId, id) {
      await mustExist(tenantId);
      // Withdrawing twice is harmless.
      await alter(by, tenantId, id, 'invitation.withdrawn', (before) =>
        before.withdrawnAt ? undefined : { after: { ...before, withdrawnAt: clock.now() } },
      );
    },
  };
};
