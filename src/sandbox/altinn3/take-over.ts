import { v7 } from 'uuid';
import type { ConsentRequest } from '../altinn2/state.ts';
import { type Micros, microsOf } from '../instants.ts';
import { type Resource, serviceName, type World } from '../world.ts';
import { organizationUrn, personUrn } from './parties.ts';
import type { Altinn3, Consent, ConsentEvent } from './state.ts';

const languages: Record<string, string> = { 'no-nb': 'nb', 'no-nn': 'nn', en: 'en' };
const inLowerCase = (metadata: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
const urnOf = (number: string): string => (number.length === 11 ? personUrn(number) : organizationUrn(number));

/** By its short name, as its resources are called. */
const orgcodeOf = (world: World, orgno: string): string =>
  [...world.resources.values()].find(({ owner }) => owner.orgno === orgno)?.owner.orgcode ??
  (world.organizations.get(orgno)?.name ?? 'ttd').toLowerCase().replace(/[^a-z]/g, '');

/** The resource that stands for a service of Altinn 2: `{org}_{code}_{edition}`, made where there is none yet. */
const resourceFor = (world: World, name: string): string => {
  const service = world.services.get(name);
  const owner = service?.owner ?? world.operatorOrgno;
  const orgcode = orgcodeOf(world, owner);
  const identifier = `${orgcode}_${name}`.toLowerCase();
  const fresh: Resource = {
    identifier,
    version: 1,
    type: 'Consent',
    title: service?.title ?? { nb: name, en: name },
    owner: { orgno: owner, orgcode },
    accessListMode: 'Disabled',
    template: service?.template ?? 'default',
    text: null,
    metadata: (service?.metadata ?? []).map((key) => key.toLowerCase()),
    oneTime: service?.oneTime ?? false,
    altinn2: name,
    scopes: [],
  };
  if (!world.resources.has(identifier)) world.resources.set(identifier, fresh);
  return identifier;
};

/** What a request became, and when, in the words of Altinn 3. Given back and used up are told apart from revoked by their events alone. */
const lifeOf = (request: ConsentRequest): { status: Consent['status']; events: [ConsentEvent['type'], Date][] } => {
  const { created, given, ended, status, lastChanged, uses } = request;
  const begun: [ConsentEvent['type'], Date][] = [['Created', created]];
  if (status === 'Rejected') return { status, events: [...begun, ['Rejected', lastChanged]] };
  if (status !== 'Accepted') return { status: 'Created', events: begun };
  const used = Array.from({ length: uses }, (): [ConsentEvent['type'], Date] => ['Used', lastChanged]);
  const events: typeof begun = [...begun, ['Accepted', given ?? lastChanged], ...used];
  return ended ? { status: 'Revoked', events: [...events, ['Revoked', ended.at]] } : { status: 'Accepted', events };
};

/** In its place among the others: the feed goes by the ids of events, which are as old as what they tell. */
const noteOld = ({ eventsByConsumer }: Altinn3, consent: Consent, event: ConsentEvent): void => {
  consent.events.push(event);
  const feed = [...(eventsByConsumer.get(consent.to) ?? []), event];
  eventsByConsumer.set(
    consent.to,
    feed.sort((one, other) => (one.id < other.id ? -1 : 1)),
  );
};

/**
 * As Altinn moved consents by itself: the id is the old code, names of metadata are in lower case; supplier, address, view mode,
 * template and events stay. One that was moved before is left as it is.
 */
export const takeOver = (altinn: Altinn3, request: ConsentRequest): Consent => {
  const known = altinn.consents.get(request.code);
  if (known) return known;
  const { status, events } = lifeOf(request);
  const to = organizationUrn(request.coveredBy);
  const consent: Consent = {
    id: request.code,
    from: urnOf(request.offeredBy),
    to,
    requiredDelegator: request.requiredDelegator === null ? null : urnOf(request.requiredDelegator),
    handledBy: request.handledBy === null ? null : organizationUrn(request.handledBy),
    validTo: microsOf(request.validTo),
    rights: request.services.map((service) => ({
      action: service.operations ?? ['consent'],
      resource: [{ type: 'urn:altinn:resource', value: resourceFor(altinn.world, serviceName(service)) }],
      metadata: inLowerCase(service.metadata),
    })),
    requestMessage:
      request.message &&
      Object.fromEntries(Object.entries(request.message).map(([name, text]) => [languages[name] ?? name, text])),
    redirectUrl: request.redirectUrl,
    portalViewMode: request.portalViewMode,
    template: request.template,
    status,
    consented: request.given && microsOf(request.given),
    events: [],
    createCalls: 1,
  };
  altinn.consents.set(consent.id, consent);
  let last: Micros = 0;
  for (const [type, at] of events) {
    const created = Math.max(microsOf(at), last + 1);
    last = created;
    const performedBy = type === 'Created' || type === 'Used' ? to : consent.from;
    const id = v7({ msecs: Math.floor(created / 1000), seq: consent.events.length });
    noteOld(altinn, consent, { id, created, performedBy, type, consentId: consent.id });
  }
  return consent;
};
