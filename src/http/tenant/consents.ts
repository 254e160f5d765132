import { z } from 'zod';
import type { Consent as ConsentState } from '../../domain/consent.ts';
import { consentStatuses } from '../../domain/consent.ts';
import { consentView } from '../../domain/consent-view.ts';
import { fromKept, Problem } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, Instant, InstantIn, Reference, ServiceKey } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, paging } from '../paging.ts';
import { preferenceApplied } from '../prefer.ts';
import { type Answer, type Route, route } from '../route.ts';
import { Consent, ConsentAskIn, PartyIn } from './consent-schemas.ts';
import { consentTokenProblems, tokenProblems } from './token-problems.ts';

const tag = 'Consents';

const Filter = z.strictObject({
  status: z.enum(consentStatuses).optional(),
  service: ServiceKey.optional(),
  reference: Reference.optional(),
  createdAfter: InstantIn.optional(),
  createdBefore: InstantIn.optional(),
  ...paging,
});

const Tokens = z.object({
  tokens: z.array(
    z.object({
      kind: z.enum(['maskinporten', 'consent']),
      token: z.string(),
      header: z
        .string()
        .meta({ description: 'The header in which the data source wants it.', example: 'Authorization' }),
      expiresAt: Instant,
    }),
  ),
});

const location = ({ id }: ConsentState) => `/v1/consents/${id}`;

/** What a caller who waited is told: Altinn has it, it failed, or it is still on its way. */
const afterWaiting = (consent: ConsentState, waitMs: number): Answer => {
  const headers = { location: location(consent), 'preference-applied': preferenceApplied(waitMs) };
  if (consent.status === 'failed') {
    const { code, detail, more } = fromKept(
      consent.problem ?? { code: 'internal', detail: 'The consent failed', mover: 'us' },
    );
    return {
      status: problems[code].status,
      headers,
      problem: new Problem(code, detail, { ...more, consentId: consent.id }),
    };
  }
  return { status: consent.approvalUrl === undefined ? 202 : 201, headers, body: consentView(consent) };
};

/** `/v1/consents`: ask for a consent, see how it fares, take it back. */
export const consentRoutes = (uses: UseCases): Route[] => [
  route({
    name: 'requestConsent',
    method: 'post',
    path: '/v1/consents',
    audience: 'tenant',
    scope: 'consents:write',
    tag,
    summary: 'Ask for a consent',
    description:
      'Answers 202 at once: a worker puts the question to Altinn. With `Prefer: wait=10` (20 s at most) it answers 201 as soon as Altinn has it, ' +
      '202 when the time runs out or the consent is `blocked`, or the problem of a consent that failed, with `consentId` and `Location`.',
    prefer: 'wait',
    idempotent: true,
    body: ConsentAskIn,
    replies: { 201: Consent, 202: Consent },
    problems: [
      'service-unknown',
      'services-mixed',
      'metadata-missing',
      'metadata-unknown',
      'message-not-allowed',
      'message-required',
      'name-missing',
      'valid-to-past',
      'valid-to-too-late',
      'redirect-url-not-registered',
      'redirect-url-invalid',
      'person-number-invalid',
      'organization-number-invalid',
      'altinn-refused',
      'person-unknown',
      'organization-unknown',
      'name-not-matched',
      'altinn2-outcome-unknown',
    ],
    handle: async ({ by, body, waitMs, idempotencyKey }) => {
      const { consent } = await uses.requestConsent(by, body, idempotencyKey);
      if (waitMs === undefined)
        return { status: 202, headers: { location: location(consent) }, body: consentView(consent) };
      return afterWaiting(await uses.settledConsent(by, consent, waitMs), waitMs);
    },
  }),
  route({
    name: 'listConsents',
    method: 'get',
    path: '/v1/consents',
    audience: 'tenant',
    scope: 'consents:read',
    tag,
    summary: 'List consents',
    query: Filter,
    replies: { 200: PageOf(Consent) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query: { cursor, limit, ...filter } }) => ({
      status: 200,
      body: pageView(await uses.listConsents(by, filter, pageAsk({ cursor, limit })), consentView),
    }),
  }),
  route({
    name: 'searchConsents',
    method: 'post',
    path: '/v1/consents/search',
    audience: 'tenant',
    scope: 'consents:read',
    tag,
    summary: 'Find the consents of a person or an organisation',
    description: 'The number goes in the body, since addresses end up in logs.',
    query: PageQuery,
    body: PartyIn,
    replies: { 200: PageOf(Consent) },
    problems: ['cursor-invalid', 'person-number-invalid', 'organization-number-invalid'],
    handle: async ({ by, query, body }) => ({
      status: 200,
      body: pageView(await uses.searchConsents(by, body, pageAsk(query)), consentView),
    }),
  }),
  route({
    name: 'readConsent',
    method: 'get',
    path: '/v1/consents/:id',
    audience: 'tenant',
    scope: 'consents:read',
    tag,
    summary: 'Read a consent',
    params: ById,
    replies: { 200: Consent },
    problems: ['consent-not-found'],
    handle: async ({ by, params }) => ({ status: 200, body: consentView(await uses.readConsent(by, params.id)) }),
  }),
  route({
    name: 'withdrawConsent',
    method: 'post',
    path: '/v1/consents/:id/withdraw',
    audience: 'tenant',
    scope: 'consents:write',
    tag,
    summary: 'Withdraw a consent',
    description: 'Final in the hub: no token, no data. `upstream` is `open` where Altinn still shows it to the person.',
    params: ById,
    replies: { 200: Consent },
    problems: ['consent-not-found', 'consent-ended'],
    handle: async ({ by, params }) => ({ status: 200, body: consentView(await uses.withdrawConsent(by, params.id)) }),
  }),
  route({
    name: 'readConsentTokens',
    method: 'post',
    path: '/v1/consents/:id/token',
    audience: 'tenant',
    scope: 'tokens:read',
    tag,
    summary: 'Get the tokens of an accepted consent',
    description: 'One token for Altinn 3, two for Altinn 2. Send each in the header it names.',
    params: ById,
    replies: { 200: Tokens },
    problems: [
      'consent-not-found',
      'consent-not-accepted',
      'consent-not-usable',
      ...tokenProblems,
      ...consentTokenProblems,
    ],
    handle: async ({ by, params }) => {
      const tokens = await uses.readConsentTokens(by, params.id);
      return {
        status: 200,
        body: { tokens: tokens.map((each) => ({ ...each, expiresAt: each.expiresAt.toISOString() })) },
      };
    },
  }),
];
