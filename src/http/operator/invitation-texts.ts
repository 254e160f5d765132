import { z } from 'zod';
import { type KeptInvitationText, type Language, languages } from '../../domain/invitation.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { Instant, isoOrNull, Line, orNull, Paragraphs } from '../fields.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'operator', tag: 'Invitations', path: '/operator/v1/invitation-texts/:language' } as const;

const ByLanguage = z.strictObject({ language: z.enum(languages) });

const Text = z.strictObject({
  heading: Line(200).exactOptional(),
  intro: Paragraphs(4000).exactOptional(),
  closing: Paragraphs(4000).exactOptional(),
});

const InvitationText = z
  .object({
    language: z.enum(languages),
    heading: z.string().nullable().meta({ description: 'Null: the hub’s own words stand there.' }),
    intro: z.string().nullable(),
    closing: z.string().nullable(),
    updatedAt: Instant.nullable(),
  })
  .meta({ id: 'InvitationText' });

const view = (language: Language, { heading, intro, closing, updatedAt }: KeptInvitationText) => ({
  language,
  heading: orNull(heading),
  intro: orNull(intro),
  closing: orNull(closing),
  updatedAt: isoOrNull(updatedAt),
});

/** `/operator/v1/invitation-texts/{language}`: the operator's own words on the page for tenants' administrators. */
export const invitationTextRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'readInvitationText',
    method: 'get',
    role: 'reader',
    summary: 'Read the operator’s words on invitations',
    params: ByLanguage,
    replies: { 200: InvitationText },
    problems: ['not-found'],
    handle: async ({ by, params: { language } }) => ({
      status: 200,
      body: view(language, await uses.readInvitationText(by, language)),
    }),
  }),
  route({
    ...all,
    name: 'setInvitationText',
    method: 'put',
    role: 'administrator',
    summary: 'Set the operator’s words on invitations',
    description:
      'Plain text, for all tenants; a blank line begins a paragraph. What is left out, the hub says in its own words. The steps are always the hub’s.',
    params: ByLanguage,
    body: Text,
    replies: { 200: InvitationText },
    problems: ['not-found'],
    handle: async ({ by, params: { language }, body }) => ({
      status: 200,
      body: view(language, await uses.setInvitationText(by, language, body)),
    }),
  }),
  route({
    ...all,
    name: 'resetInvitationText',
    method: 'delete',
    role: 'administrator',
    summary: 'Go back to the hub’s words on invitations',
    params: ByLanguage,
    replies: { 204: 'nothing' },
    problems: ['not-found'],
    handle: async ({ by, params: { language } }) => {
      await uses.resetInvitationText(by, language);
      return { status: 204 };
    },
  }),
];
