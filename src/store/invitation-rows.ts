import type pg from 'pg';
import type { Invitation, Language } from '../domain/invitation.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type {
  InvitationRows,
  InvitationStore,
  InvitationTextRows,
  OpenedInvitation,
} from '../usecases/invitation-port.ts';
import { asking, type Tx } from './doors.ts';
import type { Invitation as InvitationRow } from './generated/client.ts';

const toInvitation = ({ tenantId: _, digest: __, createdBy: ___, ...row }: InvitationRow): Invitation =>
  withoutNulls(row) as Invitation;

export const invitationRows = (tx: Tx, tenantId: string): InvitationRows => ({
  list: async () =>
    (await tx.invitation.findMany({ where: { tenantId }, orderBy: { id: 'asc' } })).map((row) => toInvitation(row)),
  async lock(id) {
    await tx.$queryRaw`select 1 from invitations where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update`;
    const row = await tx.invitation.findUnique({ where: { tenantId_id: { tenantId, id } } });
    return row ? toInvitation(row) : undefined;
  },
  async add(invitation, digest, createdBy) {
    await tx.invitation.create({
      data: { ...invitation, language: orNull(invitation.language), tenantId, digest: Buffer.from(digest), createdBy },
    });
  },
  async save({ id, language, sentAt, expiresAt, withdrawnAt }, digest) {
    const unopened = { openedAt: null, lastOpenedAt: null, openings: 0 };
    await tx.invitation.update({
      where: { tenantId_id: { tenantId, id } },
      data: {
        ...{ language: orNull(language), sentAt, expiresAt, withdrawnAt: orNull(withdrawnAt) },
        ...(digest ? { digest: Buffer.from(digest), ...unopened } : {}),
      },
    });
  },
});

export const invitationTextRows = (tx: Tx): InvitationTextRows => ({
  list: async () =>
    (await tx.invitationText.findMany({ orderBy: { language: 'asc' } })).map(
      (row) => withoutNulls(row) as ReturnType<typeof withoutNulls<typeof row>> & { language: Language },
    ),
  async save(language, { heading, intro, closing }, updatedAt) {
    const kept = { heading: orNull(heading), intro: orNull(intro), closing: orNull(closing), updatedAt };
    await tx.invitationText.upsert({ where: { language }, create: { language, ...kept }, update: kept });
  },
  remove: async (language) => (await tx.invitationText.deleteMany({ where: { language } })).count > 0,
});

/** In force, of a tenant at work ($1: digest, $2: now); all other links are told from one another by nothing. */
const inForce = `i.digest = $1 and i.withdrawn_at is null and i.expires_at > $2::timestamptz and t.id = i.tenant_id and t.status = 'active'`;
const told =
  'i.tenant_id as "tenantId", i.id, i.language, i.expires_at as "expiresAt", i.opened_at is not null as "isOpened"';

/** Through the operator's door: whose invitation it is turns out only here. */
export const invitationStatements = (pool: pg.Pool): InvitationStore => {
  const ask = asking(pool);
  return {
    async findInvitation(digest, now, counts) {
      const values = [Buffer.from(digest), now];
      const [found] = counts
        ? await ask<OpenedInvitation>(
            'open-invitation',
            `update invitations i set opened_at = coalesce(i.opened_at, $2), last_opened_at = $2, openings = i.openings + 1
             from tenants t where ${inForce} returning ${told}, i.openings = 1 as "isFirst"`,
            values,
          )
        : await ask<OpenedInvitation>(
            'find-invitation',
            `select ${told}, false as "isFirst" from invitations i join tenants t on t.id = i.tenant_id where ${inForce}`,
            values,
          );
      return found && (withoutNulls(found) as OpenedInvitation);
    },
  };
};
