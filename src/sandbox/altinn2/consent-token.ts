import type { Ask, Landing, Reply } from '../exchange.ts';
import { isRecord, parseJson } from '../exchange.ts';
import { serviceName } from '../world.ts';
import { isInForce } from './answer-request.ts';
import { parameters, wantsXml } from './answers.ts';
import { type Caller, type Identify, tokenScopes } from './caller.ts';
import { rightOf } from './redirects.ts';
import { badRequest, codeRefused, invalid } from './refusals.ts';
import type { Altinn2, ConsentRequest } from './state.ts';
import { readTime } from './times.ts';

/**
 * Whose consent is it? The consumer's, and that of the supplier who asked for it: with a token that the consumer delegated,
 * or else where each data source has named him in the rights register.
 */
const isTheirs = ({ world, clock }: Altinn2, request: ConsentRequest, caller: Caller): boolean => {
  const { coveredBy, handledBy, services } = request;
  if (caller.supplier !== null) return coveredBy === caller.consumer && handledBy === caller.supplier;
  if (coveredBy === caller.orgno) return true;
  return (
    handledBy === caller.orgno &&
    services.every(
      (service) => rightOf(world, serviceName(service), coveredBy, clock.now())?.handledBy === caller.orgno,
    )
  );
};

const findUsable = async (
  altinn: Altinn2,
  identify: Identify,
  ask: Ask,
  kind: 'read' | 'write',
): Promise<{ request: ConsentRequest; caller: Caller } | { refused: Reply }> => {
  const identified = await identify(ask, { scopes: tokenScopes(altinn.settings, kind), keySuffices: true });
  if ('refused' in identified) return identified;
  const code = ask.params.code ?? parameters(ask).one('authcode') ?? '';
  const request = altinn.requests.get(code.toLowerCase());
  return request && isInForce(altinn, request) && isTheirs(altinn, request, identified.caller)
    ? { request, caller: identified.caller }
    : { refused: codeRefused() };
};

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

const servicesClaim = ({ settings }: Altinn2, { services }: ConsentRequest): string | string[] => {
  const between = settings.altinn2Services === 'commas' ? ',' : '_';
  const entries = services.flatMap((service) => {
    const name = serviceName(service);
    return [name, ...Object.entries(service.metadata).map(([key, value]) => `${name}${between}${key}=${value}`)];
  });
  const [only, ...others] = entries;
  return settings.altinn2Services === 'as-seen' && only !== undefined && others.length === 0 ? only : entries;
};

/** `GET /api/authorization/token/{code}` or `?authcode=`: a JSON string with a token that lives for half a minute. */
export const giveToken =
  (altinn: Altinn2, identify: Identify) =>
  async (ask: Ask): Promise<Reply> => {
    const found = await findUsable(altinn, identify, ask, 'read');
    if ('refused' in found) return found.refused;
    const { request, caller } = found;
    const now = seconds(altinn.clock.now());
    const token = await altinn.keys.sign({
      Services: servicesClaim(altinn, request),
      AuthorizationCode: request.code,
      OfferedBy: request.offeredBy,
      CoveredBy: request.coveredBy,
      // Said only to the supplier that fetches it itself.
      ...(caller.orgno === request.handledBy && { HandledBy: request.handledBy }),
      ...(request.requiredDelegator !== null && { RequiredDelegator: request.requiredDelegator }),
      DelegatedDate: seconds(request.given ?? request.created),
      ValidToDate: seconds(request.validTo),
      nbf: now,
      exp: now + altinn.settings.altinn2TokenLifeSeconds,
      iat: now,
      iss: 'altinn.no',
    });
    return wantsXml(ask)
      ? {
          status: 200,
          headers: { 'content-type': 'application/xml; charset=utf-8' },
          body: `<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">${token}</string>`,
        }
      : {
          status: 200,
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body: JSON.stringify(token),
        };
  };

/** `DELETE /api/authorization/token/{code}`: the consumer throws away what it was given. */
export const giveBack =
  (altinn: Altinn2, identify: Identify) =>
  async (ask: Ask): Promise<Reply | Landing> => {
    const found = await findUsable(altinn, identify, ask, 'write');
    if ('refused' in found) return found.refused;
    return {
      land() {
        found.request.ended ??= { at: altinn.stamp(), why: 'given back' };
        return { status: 204 };
      },
    };
  };

/** `POST /api/authorization/token/{code}/loguse`: notes a use, which is the end of a one-time consent. */
export const logUse =
  (altinn: Altinn2, identify: Identify) =>
  async (ask: Ask): Promise<Reply | Landing> => {
    const found = await findUsable(altinn, identify, ask, 'write');
    if ('refused' in found) return found.refused;
    const { request } = found;
    const body = parseJson(ask.body);
    const fields = new Map(
      Object.entries(isRecord(body) ? body : {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const name = `${fields.get('servicecode')}_${fields.get('serviceeditioncode')}`;
    const used = request.services.some((service) => serviceName(service) === name);
    if (!used || !readTime(String(fields.get('usagedatetime'))))
      return badRequest(altinn.settings, [invalid('ServiceCode, ServiceEditionCode or UsageDateTime is wrong')]);
    return {
      land() {
        request.uses += 1;
        if (altinn.world.services.get(name)?.oneTime) request.ended ??= { at: altinn.stamp(), why: 'used' };
        return { status: 204 };
      },
    };
  };
