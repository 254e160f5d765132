import type { Consent } from '../../domain/consent.ts';
import { isOrganizationNumber, isPersonNumber, type Party, partyNumber } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import { isRegistered, redirectKind } from '../../domain/redirect.ts';
import { checkMetadata, longestValidityMs, longestValidityWords, type Service } from '../../domain/service.ts';
import { holdsNationalId, maskPerson } from '../../lib/mask.ts';
import { hmac, sameBytes } from '../../lib/seal.ts';
import type { Parts } from '../memory.ts';
import type { ByTenant, ConsentAsk, Tenant, UseCases } from '../use-cases.ts';
import { partyLookup, sealParties } from './parties.ts';

const day = 24 * 60 * 60 * 1000;
/** Ten years, where the catalogue says nothing: a slip of the pen is no consent for a lifetime. */
const mostValidityDays = 3652;

const fault = (code: ConstructorParameters<typeof Problem>[0], field: string, detail: string) =>
  new Problem(code, `${field}: ${detail}`, { errors: [{ field, code, detail }] });

const checkNumber = (party: Party, field: string): void => {
  if ('person' in party && !isPersonNumber(party.person))
    throw fault('person-number-invalid', `${field}/person`, 'needs eleven digits with right check digits');
  if ('organization' in party && !isOrganizationNumber(party.organization))
    throw fault('organization-number-invalid', `${field}/organization`, 'needs nine digits with a right check digit');
};

/** Altinn 2 compares names with the registers, and refuses a request without them. */
const checkNames = ({ from, requiredDelegator }: ConsentAsk): void => {
  const detail = 'is needed by services of Altinn 2';
  if (!from.name?.trim()) throw fault('name-missing', '/from/name', detail);
  if (requiredDelegator && !requiredDelegator.name?.trim())
    throw fault('name-missing', '/requiredDelegator/name', detail);
};

const servicesAsked = (ask: ConsentAsk, tenant: Tenant, catalogue: Map<string, Service>): Service[] => {
  const services = ask.rights.map((right, index) => {
    const service = tenant.services.includes(right.service) ? catalogue.get(right.service) : undefined;
    if (!service)
      throw fault('service-unknown', `/rights/${index}/service`, 'is not one of the services this tenant may ask for');
    checkMetadata(right, service, index);
    return service;
  });
  if (new Set(services.map(({ generation }) => generation)).size > 1)
    throw fault('services-mixed', '/rights', 'must all live in the same generation of Altinn');
  const templates = services.map(({ template }) => template).filter((template) => template !== undefined);
  if (new Set(templates).size > 1)
    throw fault('services-mixed', '/rights', 'must share a template, as Altinn shows them on one page');
  if (ask.message !== undefined && services.some(({ messageAllowed }) => !messageAllowed))
    throw fault('message-not-allowed', '/message', 'is not shown by this service');
  if (!Object.values(ask.message ?? {}).some((text) => text.trim() !== '')) {
    const needs = services.find(({ messageRequired }) => messageRequired);
    if (needs) throw fault('message-required', '/message', `is needed by ${needs.key}`);
  }
  if (services.some(({ generation }) => generation === 'altinn2')) checkNames(ask);
  return services;
};

const checkTimes = ({ validTo }: ConsentAsk, services: readonly Service[], now: Date): void => {
  if (validTo.getTime() < now.getTime() + 60_000)
    throw fault('valid-to-past', '/validTo', 'must lie at least a minute ahead');
  for (const service of services) {
    const longestMs = longestValidityMs(service);
    if (validTo.getTime() > now.getTime() + (longestMs ?? mostValidityDays * day)) {
      const words = longestMs === undefined ? `${mostValidityDays} days` : longestValidityWords(service);
      throw fault('valid-to-too-late', '/validTo', `${service.key} is given for ${words} at most`);
    }
  }
};

const checkRedirect = (url: string, tenant: Tenant, production: boolean): void => {
  if (holdsNationalId(url))
    throw fault('national-id-not-allowed', '/redirectUrl', 'holds what looks like a national identity number');
  if (!redirectKind(url, production))
    throw fault('redirect-url-invalid', '/redirectUrl', 'is no address a browser may be sent to');
  if (!isRegistered(url, tenant.redirectUrls))
    throw fault('redirect-url-not-registered', '/redirectUrl', 'is not among the addresses registered for this tenant');
};

/** The same text for the same ask. Its fields stand in the order of its schema; names of metadata as they were written. */
const canonical = <A extends Pick<ConsentAsk, 'rights' | 'validTo'>>(ask: A): string =>
  JSON.stringify({
    ...ask,
    validTo: ask.validTo.toISOString(),
    rights: ask.rights.map(({ service, metadata }) => [
      service,
      Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
  });

/**
 * Notes that a tenant wants someone's consent; a worker then puts the question to Altinn. The consent's id is made here,
 * and is Altinn 3's id too: what was sent twice arrives once.
 *
 * @throws Problem `person-number-invalid`, `organization-number-invalid`, `service-unknown`, `services-mixed`, `metadata-…`,
 * `message-…`, `name-missing`, `valid-to-…`, `redirect-url-…`, `national-id-not-allowed`, `idempotency-key-reused`
 */
export const requestConsent =
  ({ clock, ids, store, sealing, memories, settings }: Parts): UseCases['requestConsent'] =>
  async ({ caller }: ByTenant, ask, idempotencyKey) => {
    const { tenantId, tenant, keyId } = caller;
    const now = clock.now();
    const { name: fromName, ...from } = ask.from;
    checkNumber(from, '/from');
    const { name: requiredDelegatorName, ...requiredDelegator } = ask.requiredDelegator ?? { person: '' };
    if (ask.requiredDelegator) checkNumber(requiredDelegator, '/requiredDelegator');
    if (ask.reference !== undefined && holdsNationalId(ask.reference))
      throw fault('national-id-not-allowed', '/reference', 'holds what looks like a national identity number');
    const known = await memories.tenant.get(tenantId);
    if (!known) throw new Problem('unauthorized', 'The tenant is gone');
    const idempotency =
      idempotencyKey === undefined
        ? undefined
        : {
            key: idempotencyKey,
            bodyHmac: hmac(known.hmacKey, 'body', canonical({ ...ask, from: partyNumber(from), fromName })),
          };

    const catalogue = await memories.services();
    let services: Service[];
    try {
      services = servicesAsked(ask, tenant, catalogue);
      checkTimes(ask, services, now);
      checkRedirect(ask.redirectUrl, tenant, settings.production);
    } catch (error) {
      // What could be asked then may be past its end, or no longer offered: a repeat is told all the same how it stands.
      if (idempotency) {
        const earlier = await store.asTenant(tenantId, (rows) => rows.consents.findByKey(idempotency.key));
        if (earlier?.bodyHmac && sameBytes(earlier.bodyHmac, idempotency.bodyHmac))
          return { consent: earlier.consent, created: false };
      }
      throw error;
    }

    const id = ids.uuid();
    const parties = { from, fromName, ...(ask.requiredDelegator ? { requiredDelegator, requiredDelegatorName } : {}) };
    const consent: Consent = {
      tenantId,
      id,
      status: 'queued',
      version: 1,
      generation: services[0]?.generation ?? 'altinn3',
      party:
        'person' in from
          ? { kind: 'person', masked: maskPerson(from.person) }
          : { kind: 'organization', masked: from.organization },
      rights: ask.rights,
      validTo: ask.validTo,
      redirectUrl: ask.redirectUrl,
      createdAt: now,
      updatedAt: now,
      ...(ask.reference === undefined ? {} : { reference: ask.reference }),
      ...(ask.message === undefined ? {} : { message: ask.message }),
    };
    const { consentId, outcome } = await store.createConsent(
      tenantId,
      {
        ...consent,
        partyLookup: partyLookup(known.hmacKey, from),
        partySealed: sealParties(sealing, tenantId, id, parties),
        createdBy: keyId,
        idempotency,
      },
      now,
    );
    if (outcome === 'created') return { consent, created: true };
    if (outcome === 'different')
      throw new Problem('idempotency-key-reused', 'This key was used before with another body', { consentId });
    const found = await store.asTenant(tenantId, (rows) => rows.consents.find(consentId));
    if (!found) throw new Problem('internal', 'An idempotency key leads nowhere');
    return { consent: found.consent, created: false };
  };
