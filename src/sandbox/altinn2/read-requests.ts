import type { Ask, Landing, Reply } from '../exchange.ts';
import { answer, parameters, wantsHal } from './answers.ts';
import type { Caller, Identify } from './caller.ts';
import { pageOf, sizeOf } from './pages.ts';
import { badRequest, forbidden, invalid } from './refusals.ts';
import { linksOf, requestView } from './request-views.ts';
import type { Altinn2, ConsentRequest } from './state.ts';

const readScope = ['altinn:consentrequests.read'];
const writeScope = ['altinn:consentrequests.write'];

/** A supplier sees what it made itself for the consumer of its token, and nothing of other suppliers. */
const isOwn = ({ coveredBy, handledBy }: ConsentRequest, { orgno, consumer, supplier }: Caller): boolean =>
  supplier === null ? coveredBy === orgno || handledBy === orgno : coveredBy === consumer && handledBy === supplier;

const isAskedOf = ({ offeredBy }: ConsentRequest, { orgno, supplier }: Caller): boolean =>
  supplier === null && offeredBy === orgno;

const findOwn = (
  altinn: Altinn2,
  code: string | undefined,
  sees: (request: ConsentRequest) => boolean,
): ConsentRequest | undefined => {
  const request = altinn.requests.get((code ?? '').toLowerCase());
  return request && sees(request) ? request : undefined;
};

/** `GET /api/consentRequests/{code}`. */
export const readRequest =
  (altinn: Altinn2, identify: Identify) =>
  async (ask: Ask): Promise<Reply> => {
    const identified = await identify(ask, { scopes: readScope });
    if ('refused' in identified) return identified.refused;
    const { caller } = identified;
    const request = findOwn(altinn, ask.params.code, (one) => isOwn(one, caller) || isAskedOf(one, caller));
    return request ? answer(altinn, ask, 200, requestView(altinn, request), linksOf(altinn, request)) : forbidden();
  };

/** `DELETE /api/consentRequests/{code}`: as long as nobody has answered. */
export const withdrawRequest =
  (altinn: Altinn2, identify: Identify) =>
  async (ask: Ask): Promise<Reply | Landing> => {
    const identified = await identify(ask, { scopes: writeScope });
    if ('refused' in identified) return identified.refused;
    const { caller } = identified;
    const request = findOwn(altinn, ask.params.code, (one) => isOwn(one, caller));
    const isPending = (): boolean => request?.status === 'Unopened' || request?.status === 'Opened';
    if (!request || !isPending()) return forbidden();
    return {
      land() {
        // An answer may have overtaken it on its way.
        if (!isPending()) return forbidden();
        altinn.requests.delete(request.code);
        return { status: 204 };
      },
    };
  };

const statuses = ['unopened', 'opened', 'accepted', 'rejected'];

/** `GET /api/consentRequests?serviceCode&serviceEditionCode&direction&status&continuation`, and OData's `$top`. */
export const listRequests =
  (altinn: Altinn2, identify: Identify) =>
  async (ask: Ask): Promise<Reply> => {
    const identified = await identify(ask, { scopes: readScope });
    if ('refused' in identified) return identified.refused;
    const { caller } = identified;
    const { settings, clock, requests, baseUrl } = altinn;
    const { one, all } = parameters(ask);
    const [serviceCode, editionCode, direction] = [one('servicecode'), one('serviceeditioncode'), one('direction')];
    const wanted = all('status').map((status) => status.toLowerCase());
    if (wanted.some((status) => !statuses.includes(status)) || !/^(?:incoming|outgoing)?$/i.test(direction ?? ''))
      return badRequest(settings, [invalid('status or direction is not known')]);

    const newest = settings.altinn2ListLagMs > 0 ? clock.now().getTime() - settings.altinn2ListLagMs : Infinity;
    const found = [...requests.values()].filter((request) => {
      const sent = isOwn(request, caller) && direction?.toLowerCase() !== 'incoming';
      const received = isAskedOf(request, caller) && direction?.toLowerCase() !== 'outgoing';
      return (
        (sent || received) &&
        request.lastChanged.getTime() <= newest &&
        (wanted.length === 0 || wanted.includes(request.status.toLowerCase())) &&
        (serviceCode === undefined || request.services.some((service) => service.serviceCode === serviceCode)) &&
        (editionCode === undefined || request.services.some((service) => String(service.editionCode) === editionCode))
      );
    });
    const paged = pageOf(found, ({ lastChanged, number }) => ({ at: lastChanged, number }), {
      continuation: one('continuation'),
      size: sizeOf(one('$top'), settings.altinn2PageSize),
    });
    if (!paged) return badRequest(settings, [invalid('continuation cannot be read')]);

    const { page, next } = paged;
    if (!wantsHal(ask)) {
      const plain = page.map((request) => requestView(altinn, request));
      return answer(altinn, ask, 200, plain, {});
    }
    const query = new URLSearchParams([...ask.query].filter(([name]) => name.toLowerCase() !== 'continuation'));
    const self = `${baseUrl}api/consentRequests${query.size > 0 ? `?${query}` : ''}`;
    if (next !== undefined) query.set('continuation', next);
    const embedded = page.map((request) => ({ ...requestView(altinn, request), _links: linksOf(altinn, request) }));
    return answer(
      altinn,
      ask,
      200,
      { _embedded: { consentRequests: embedded }, ...(next !== undefined && { continuationtoken: next }) },
      { self: { href: self }, ...(next !== undefined && { next: { href: `${baseUrl}api/consentRequests?${query}` } }) },
    );
  };
