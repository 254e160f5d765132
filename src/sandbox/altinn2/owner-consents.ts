import type { Ask, Reply } from '../exchange.ts';
import { serviceName, type World } from '../world.ts';
import { isInForce } from './answer-request.ts';
import { answer, parameters } from './answers.ts';
import type { Identify } from './caller.ts';
import { pageOf, sizeOf } from './pages.ts';
import { badRequest, forbidden, invalid } from './refusals.ts';
import type { Altinn2, ConsentRequest } from './state.ts';
import { osloText } from './times.ts';

const partyView = ({ persons, organizations }: World, number: string) =>
  number.length === 11
    ? { Name: persons.get(number)?.name, Type: 'Person', SocialSecurityNumber: number }
    : { Name: organizations.get(number)?.name, Type: 'Enterprise', OrganizationNumber: number, Status: 'Active' };

/** When it was given or taken away, whichever came last. */
const changeOf = ({ ended, given, created }: ConsentRequest): Date => ended?.at ?? given ?? created;

const consentView = (altinn: Altinn2, request: ConsentRequest) => ({
  AuthorizationCode: request.code,
  Status: isInForce(altinn, request) ? 'active' : 'revoked',
  OfferedBy: partyView(altinn.world, request.offeredBy),
  CoveredBy: partyView(altinn.world, request.coveredBy),
  ...(request.handledBy !== null && { HandledBy: partyView(altinn.world, request.handledBy) }),
  Created: osloText(request.given ?? request.created, true),
  ValidTo: osloText(request.validTo, true),
  LastChanged: osloText(changeOf(request), true),
});

const statuses = ['active', 'revoked'];

/** `GET /api/serviceowner/consents`: what was given to a service of one's own and has not run out. */
export const listConsents =
  (altinn: Altinn2, identify: Identify) =>
  async (ask: Ask): Promise<Reply> => {
    const identified = await identify(ask, { scopes: ['altinn:serviceowner/consents'] });
    if ('refused' in identified) return identified.refused;
    const { key, orgno } = identified.caller;
    const { one, all } = parameters(ask);
    // The guide writes `serviceEdition`, the help pages `serviceEditionCode`.
    const name = `${one('servicecode')}_${one('serviceeditioncode') ?? one('serviceedition')}`;
    const service = altinn.world.services.get(name);
    if (!key.serviceOwner || service?.owner !== orgno) return forbidden();
    const wanted = all('status').map((status) => status.toLowerCase());
    if (wanted.some((status) => !statuses.includes(status)))
      return badRequest(altinn.settings, [invalid('status is not known')]);

    const found = [...altinn.requests.values()].filter(
      (request) =>
        request.given !== null &&
        request.validTo > altinn.clock.now() &&
        request.services.some((asked) => serviceName(asked) === name) &&
        (wanted.length === 0 || wanted.includes(isInForce(altinn, request) ? 'active' : 'revoked')),
    );
    const paged = pageOf(found, (request) => ({ at: changeOf(request), number: request.number }), {
      continuation: one('continuation'),
      size: sizeOf(one('$top'), Math.min(altinn.settings.altinn2PageSize, 10_000)),
    });
    if (!paged) return badRequest(altinn.settings, [invalid('continuation cannot be read')]);
    const consents = paged.page.map((request) => consentView(altinn, request));
    const self = `${altinn.baseUrl}api/serviceowner/consents?serviceCode=${service.serviceCode}&serviceEdition=${service.editionCode}`;
    const next = paged.next;
    return answer(
      altinn,
      ask,
      200,
      { _embedded: { consents }, ...(next !== undefined && { continuationtoken: next }) },
      { self: { href: self }, ...(next !== undefined && { next: { href: `${self}&continuation=${next}` } }) },
    );
  };
