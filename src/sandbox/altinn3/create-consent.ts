import { type AccessClaims, orgnoIn, type ReadBearer, scopesIn } from '../bearer.ts';
import type { Ask, Reply } from '../exchange.ts';
import { isAdmitted } from '../world.ts';
import { bindCreate, type CreateBody } from './bind-create.ts';
import { requestProblems } from './check-request.ts';
import { duplicateView, requestView } from './consent-views.ts';
import { lookUpParty, organizationUrn } from './parties.ts';
import { bindingRefusal, forbidden, problem, refusal, unauthorized, unhandled } from './problems.ts';
import type { Altinn3, Consent } from './state.ts';

const forOthers = 'altinn:consentrequests.org';

/** Step 7: the resource's policy, which lets anybody ask, and its access list, which may not. */
const mayRequest = ({ world }: Altinn3, resourceId: string, orgno: string): boolean => {
  const resource = world.resources.get(resourceId);
  if (resource?.type !== 'Consent') return false;
  return resource.accessListMode === 'Disabled' || isAdmitted(world, resourceId, orgno);
};

const sameInAnyCase = ({ metadata }: CreateBody['consentrights'][number]): boolean => {
  const keys = Object.keys(metadata ?? {});
  return new Set(keys.map((key) => key.toLowerCase())).size < keys.length;
};

/** Step 8: the first party that is unknown is told at once. */
const namedParties = ({ world }: Altinn3, body: CreateBody, handledBy: string | null) => {
  const found: (string | null)[] = [];
  for (const urn of [body.from, body.to, body.requireddelegator ?? null, handledBy]) {
    const party = urn === null ? { urn } : lookUpParty(world, urn);
    if ('unknown' in party) return party;
    found.push(party.urn);
  }
  const [from = null, to = null, requiredDelegator = null] = found;
  return { from: from ?? body.from, to: to ?? body.to, requiredDelegator };
};

const insert = (
  altinn: Altinn3,
  body: CreateBody,
  parties: Pick<Consent, 'from' | 'to' | 'requiredDelegator' | 'handledBy'>,
): Consent => {
  const [first] = body.consentrights;
  const consent: Consent = {
    id: body.id,
    ...parties,
    validTo: body.validto,
    rights: body.consentrights.map(({ action, resource, metadata }) => ({
      action,
      resource,
      metadata: metadata
        ? Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, value ?? '']))
        : null,
    })),
    requestMessage: body.requestmessage ?? null,
    redirectUrl: body.redirecturl,
    portalViewMode: body.portalviewmode ?? 'Hide',
    template: altinn.world.resources.get(first?.resource[0]?.value ?? '')?.template ?? 'default',
    status: 'Created',
    consented: null,
    events: [],
    createCalls: 1,
  };
  // The consumer is said to have performed it, also when its supplier called.
  altinn.record(consent, 'Created', consent.to);
  altinn.consents.set(consent.id, consent);
  return consent;
};

/** `POST …/enterprise/consentrequests`, with its checks in the order of the real one. */
export const createConsent =
  (altinn: Altinn3, readBearer: ReadBearer) =>
  async (ask: Ask): Promise<Reply> => {
    const claims: AccessClaims | undefined = await readBearer(ask.headers);
    if (!claims) return unauthorized();
    const scopes = scopesIn(claims);
    const forAnybody = scopes.includes(forOthers);
    if (!forAnybody && !scopes.includes('altinn:consentrequests.write')) return forbidden();

    const bound = bindCreate(ask.body);
    if ('errors' in bound) return bindingRefusal(bound.errors);
    const { body } = bound;
    if (body.consentrights.some(sameInAnyCase)) return unhandled();

    const consumer = orgnoIn(claims.consumer);
    if (consumer === undefined) return unauthorized();
    const supplier = orgnoIn(claims.supplier);
    let handledBy = supplier === undefined ? null : organizationUrn(supplier);
    if (body.to !== organizationUrn(consumer)) {
      if (!forAnybody) return forbidden();
      handledBy = organizationUrn(consumer);
    }
    for (const right of body.consentrights) {
      const [resource] = right.resource;
      if (!resource) return unhandled();
      if (!mayRequest(altinn, resource.value, consumer)) return forbidden();
    }

    const parties = namedParties(altinn, body, handledBy);
    if ('unknown' in parties) return refusal(parties.unknown);
    const [first, ...others] = requestProblems(altinn, body);
    if (first) return refusal(first, ...others);

    const known = altinn.consents.get(body.id);
    if (!known) {
      const consent = insert(altinn, body, { ...parties, handledBy });
      const location = `${altinn.baseUrl}accessmanagement/api/v1/enterprise/consentrequests/${consent.id}`;
      return { status: 201, headers: { location }, body: requestView(altinn, consent) };
    }
    if (known.from !== parties.from || known.to !== parties.to)
      return refusal(problem('AM-00016', { requestId: body.id }));
    known.createCalls += 1;
    return { status: 200, body: duplicateView(altinn, known) };
  };
