import { z } from 'zod';
import { type Invitation as InvitationState, languages, stateOf } from '../../domain/invitation.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, ByInvitationId, Instant, InstantIn, isoOrNull, orNull, Uuid } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'operator', tag: 'Invitations' } as const;

const Language = z.enum(languages).meta({
  description:
    'What the page is in, unless its reader chooses another: bokmål, nynorsk or English. Left out: what the reader’s browser prefers.',
});
const Ask = z.strictObject({
  language: Language.exactOptional(),
  expiresAt: InstantIn.meta({
    description: 'When the link stops: in 30 days unless said, in 90 at most.',
  }).exactOptional(),
});

const Invitation = z
  .object({
    id: Uuid,
    language: Language.nullable(),
    state: z.enum(['open', 'expired', 'withdrawn']),
    createdAt: Instant,
    sentAt: Instant.meta({ description: 'When the link it has now was made.' }),
    expiresAt: Instant,
    withdrawnAt: Instant.nullable(),
    openedAt: Instant.nullable().meta({ description: 'When the page was first opened with the link it has now.' }),
    lastOpenedAt: Instant.nullable(),
    openings: z
      .number()
      .int()
      .meta({ description: 'How often. Programs that look through mail for dangerous links open it too.' }),
  })
  .meta({ id: 'Invitation' });
const WithLink = Invitation.extend({
  link: z.string().meta({
    format: 'uri',
    description: 'Shown this once. Whoever has it reads the page.',
    example: 'https://hub.example/invitation/pXl0-o9Jm1X6mVb0o6c1pQk3v2yJr8sT4uWzAeBdCfE',
  }),
}).meta({ id: 'InvitationWithLink' });

const view = (invitation: InvitationState, now: Date) => ({
  ...invitation,
  language: orNull(invitation.language),
  state: stateOf(invitation, now),
  createdAt: invitation.createdAt.toISOString(),
  sentAt: invitation.sentAt.toISOString(),
  expiresAt: invitation.expiresAt.toISOString(),
  withdrawnAt: isoOrNull(invitation.withdrawnAt),
  openedAt: isoOrNull(invitation.openedAt),
  lastOpenedAt: isoOrNull(invitation.lastOpenedAt),
});

/** `/operator/v1/tenants/{id}/invitations`: a page for the tenant's administrator, behind a link that ends. */
export const invitationRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'inviteTenant',
    method: 'post',
    path: '/operator/v1/tenants/:id/invitations',
    role: 'support',
    summary: 'Invite a tenant’s administrator',
    description:
      'Makes a link to a page that says what is missing, whose move it is and where to click. Nobody needs to log in to read it, and nothing on it is secret. The hub sends nothing: give the link to whoever shall have it.',
    params: ById,
    body: Ask,
    bodyOptional: true,
    replies: { 201: WithLink },
    problems: ['tenant-not-found', 'tenant-suspended', 'expires-at-past', 'invitation-too-long'],
    handle: async ({ by, params, body, site }) => {
      const made = await uses.inviteTenant(by, params.id, body);
      return { status: 201, body: { ...view(made, site.now()), link: made.link } };
    },
  }),
  route({
    ...all,
    name: 'listInvitations',
    method: 'get',
    path: '/operator/v1/tenants/:id/invitations',
    role: 'reader',
    summary: 'List a tenant’s invitations',
    description: 'With when they were opened, and without their links, which are kept nowhere.',
    params: ById,
    query: PageQuery,
    replies: { 200: PageOf(Invitation) },
    problems: ['tenant-not-found', 'cursor-invalid'],
    handle: async ({ by, params, query, site }) => {
      const page = sliceOf(await uses.listInvitations(by, params.id), ({ id }) => id, pageAsk(query));
      return { status: 200, body: pageView(page, (one) => view(one, site.now())) };
    },
  }),
  route({
    ...all,
    name: 'resendInvitation',
    method: 'post',
    path: '/operator/v1/tenants/:id/invitations/:invitationId/resend',
    role: 'support',
    summary: 'Make another link for an invitation',
    description:
      'The old link stops at once. The new one lasts 30 days unless `expiresAt` says otherwise, and nobody has opened it yet; the audit keeps what became of the old one.',
    params: ByInvitationId,
    body: Ask,
    bodyOptional: true,
    replies: { 200: WithLink },
    problems: [
      'tenant-not-found',
      'invitation-not-found',
      'tenant-suspended',
      'invitation-withdrawn',
      'expires-at-past',
      'invitation-too-long',
    ],
    handle: async ({ by, params, body, site }) => {
      const sent = await uses.resendInvitation(by, params.id, params.invitationId, body);
      return { status: 200, body: { ...view(sent, site.now()), link: sent.link } };
    },
  }),
  route({
    ...all,
    name: 'withdrawInvitation',
    method: 'delete',
    path: '/operator/v1/tenants/:id/invitations/:invitationId',
    role: 'support',
    summary: 'Withdraw an invitation',
    description: 'Its link stops at once.',
    params: ByInvitationId,
    replies: { 204: 'nothing' },
    problems: ['tenant-not-found', 'invitation-not-found'],
    handle: async ({ by, params }) => {
      await uses.withdrawInvitation(by, params.id, params.invitationId);
      return { status: 204 };
    },
  }),
];
