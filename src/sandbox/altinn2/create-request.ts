import { randomUUID } from 'node:crypto';
import type { Ask, Landing, Reply } from '../exchange.ts';
import { serviceName } from '../world.ts';
import { answer } from './answers.ts';
import { bindRequest, type RequestBody } from './bind-request.ts';
import type { Caller, Identify } from './caller.ts';
import { type Checked, checkRequest } from './check-request.ts';
import { rightOf } from './redirects.ts';
import { badRequest, forbidden } from './refusals.ts';
import { linksOf, requestView } from './request-views.ts';
import type { Altinn2, ConsentRequest } from './state.ts';

/**
 * The caller must be the consumer, or its supplier: with a token that the consumer delegated, or else (with a token of its
 * own, as with an enterprise certificate) by the word of each data source in the rights register.
 */
const mayAsk = ({ world, clock }: Altinn2, body: RequestBody, caller: Caller): boolean => {
  const { coveredby: coveredBy, handledby: handledBy } = body;
  if (!caller.key.orgNrMustMatch) return false;
  if (caller.supplier !== null) return coveredBy === caller.consumer && handledBy === caller.supplier;
  if (!handledBy) return coveredBy === caller.orgno;
  return (
    handledBy === caller.orgno &&
    body.requestresources.every(({ servicecode: serviceCode, serviceeditioncode: editionCode }) => {
      const right = rightOf(world, serviceName({ serviceCode, editionCode }), coveredBy, clock.now());
      return right?.handledBy === handledBy;
    })
  );
};

const messageIn = ({ requestmessage }: RequestBody): Record<string, string> | null => {
  const texts = Object.entries(requestmessage ?? {}).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return texts.length > 0 ? Object.fromEntries(texts) : null;
};

const insert = (altinn: Altinn2, body: RequestBody, { services, template }: Checked): ConsentRequest => {
  const created = altinn.stamp();
  const request: ConsentRequest = {
    number: altinn.nextNumber(),
    code: randomUUID(),
    coveredBy: body.coveredby,
    offeredBy: body.offeredby,
    handledBy: body.handledby || null,
    requiredDelegator: body.requireddelegator || null,
    validTo: body.validto,
    redirectUrl: body.redirecturl,
    services,
    template,
    message: messageIn(body),
    portalViewMode: body.portalviewmode === 'show' ? 'Show' : 'Hide',
    status: 'Unopened',
    created,
    lastChanged: created,
    given: null,
    ended: null,
    uses: 0,
  };
  altinn.requests.set(request.code, request);
  return request;
};

/** `POST /api/consentRequests`. There is nothing in it to know a repeat by: each call makes a new request. */
export const createRequest =
  (altinn: Altinn2, identify: Identify) =>
  async (ask: Ask): Promise<Reply | Landing> => {
    const identified = await identify(ask, { scopes: ['altinn:consentrequests.write'] });
    if ('refused' in identified) return identified.refused;
    const { caller } = identified;
    if (!/^application\/(?:hal\+)?json\b/i.test(ask.headers['content-type'] ?? '')) return { status: 415 };
    const bound = bindRequest(ask.body);
    if ('errors' in bound) return badRequest(altinn.settings, bound.errors);
    const { body } = bound;
    if (!mayAsk(altinn, body, caller)) return forbidden();
    const found = checkRequest(altinn, body, caller.key.redirectHosts);
    if ('errors' in found) return badRequest(altinn.settings, found.errors);
    return {
      land() {
        const request = insert(altinn, body, found.checked);
        return answer(altinn, ask, 201, requestView(altinn, request), linksOf(altinn, request));
      },
    };
  };
