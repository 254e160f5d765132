import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { delegate } from '../change-world.ts';
import { isOrgno } from '../check-digits.ts';
import { type Ask, parseJson, type Reply } from '../exchange.ts';
import { serviceName } from '../world.ts';
import { answer, parameters } from './answers.ts';
import type { Caller, Identify } from './caller.ts';
import { badRequest, forbidden, invalid, type RequestError, wrongParty } from './refusals.ts';
import type { Altinn2, DelegationRequest } from './state.ts';
import { osloText } from './times.ts';

const Text = z.string().min(1);
const Body = z.object({
  coveredby: Text,
  offeredby: Text,
  offeredbyname: Text,
  requestservices: z
    .array(z.object({ servicecode: Text, serviceeditioncode: z.union([z.string(), z.number()]) }))
    .min(1),
  requestmessage: z.string().nullish(),
  redirecturl: z.url(),
});

const lower = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lower);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), lower(member)]));
};

const named = ({ servicecode, serviceeditioncode }: { servicecode: string; serviceeditioncode: string | number }) =>
  serviceName({ serviceCode: servicecode, editionCode: Number(serviceeditioncode) });

/** Which name Altinn gave the id is not known; the address it came back with calls it so. */
const view = (request: DelegationRequest) => ({
  DelegationRequestId: request.id,
  CoveredBy: request.coveredBy,
  OfferedBy: request.offeredBy,
  RequestStatus: request.status,
  Created: osloText(request.created),
  LastChanged: osloText(request.lastChanged),
  RedirectUrl: request.redirectUrl,
  RequestServices: request.services.map((name) => {
    const [ServiceCode, edition] = name.split('_');
    return { ServiceCode, ServiceEditionCode: Number(edition) };
  }),
});

/**
 * `/api/DelegationRequests`, by which a supplier asked a consumer to delegate (“Be om tilgang”). Switched off in 2023: as its
 * pages told of it, and no further.
 */
export const delegationRequests = (altinn: Altinn2, identify: Identify) => {
  const { world, settings, delegationRequests: requests } = altinn;
  const callerOf = async (ask: Ask, kind: 'read' | 'write'): Promise<{ caller: Caller } | { refused: Reply }> => {
    const identified = await identify(ask, { scopes: [`altinn:delegationrequests.${kind}`] });
    // Whoever asks does so for itself.
    return 'caller' in identified && identified.caller.supplier !== null ? { refused: forbidden() } : identified;
  };
  const faultsOf = (body: z.infer<typeof Body>, caller: Caller): RequestError[] => {
    const consumer = world.organizations.get(body.offeredby);
    return [
      ...(body.coveredby === caller.orgno ? [] : [wrongParty('CoveredBy')]),
      ...(isOrgno(body.offeredby) && consumer?.name.toUpperCase() === body.offeredbyname.trim().toUpperCase()
        ? []
        : [wrongParty('OfferedBy')]),
      ...body.requestservices
        .filter((service) => !world.schemes.has(named(service)))
        .map((service) => invalid(`The service ${named(service)} cannot be delegated`)),
    ];
  };
  const own = (ask: Ask, { orgno }: Caller): DelegationRequest | undefined => {
    const found = requests.get((ask.params.id ?? '').toLowerCase());
    return found && (found.coveredBy === orgno || found.offeredBy === orgno) ? found : undefined;
  };

  return {
    async create(ask: Ask): Promise<Reply> {
      const identified = await callerOf(ask, 'write');
      if ('refused' in identified) return identified.refused;
      const read = Body.safeParse(lower(parseJson(ask.body)));
      if (!read.success) return badRequest(settings, [invalid('The request cannot be read')]);
      const faults = faultsOf(read.data, identified.caller);
      if (faults.length > 0) return badRequest(settings, faults);
      const { coveredby, offeredby, requestservices, redirecturl } = read.data;
      const now = altinn.stamp();
      const request: DelegationRequest = {
        id: randomUUID(),
        coveredBy: coveredby,
        offeredBy: offeredby,
        services: requestservices.map(named),
        redirectUrl: redirecturl,
        status: 'Unopened',
        created: now,
        lastChanged: now,
      };
      requests.set(request.id, request);
      return answer(altinn, ask, 201, view(request), {});
    },
    async list(ask: Ask): Promise<Reply> {
      const identified = await callerOf(ask, 'read');
      if ('refused' in identified) return identified.refused;
      const { orgno } = identified.caller;
      const { one, all } = parameters(ask);
      const side = one('direction')?.toLowerCase() === 'incoming' ? 'offeredBy' : 'coveredBy';
      const wanted = all('status').map((status) => status.toLowerCase());
      const found = [...requests.values()].filter(
        (request) => request[side] === orgno && (wanted.length === 0 || wanted.includes(request.status.toLowerCase())),
      );
      const body = { _embedded: { delegationRequests: found.map(view) }, continuationtoken: null };
      return answer(altinn, ask, 200, body, {});
    },
    async read(ask: Ask): Promise<Reply> {
      const identified = await callerOf(ask, 'read');
      if ('refused' in identified) return identified.refused;
      const request = own(ask, identified.caller);
      return request ? answer(altinn, ask, 200, view(request), {}) : forbidden();
    },
    async remove(ask: Ask): Promise<Reply> {
      const identified = await callerOf(ask, 'write');
      if ('refused' in identified) return identified.refused;
      const request = own(ask, identified.caller);
      if (!request) return forbidden();
      requests.delete(request.id);
      return { status: 204 };
    },
  };
};

/** What the consumer's administrator does with it: all that it names is delegated, or none. */
export const answerDelegation = (
  { world, stamp }: Altinn2,
  request: DelegationRequest,
  move: 'open' | 'accept' | 'reject',
): void => {
  const now = stamp();
  request.status = ({ open: 'Opened', accept: 'Accepted', reject: 'Rejected' } as const)[move];
  request.lastChanged = now;
  if (move !== 'accept') return;
  const pair = { consumer: request.offeredBy, supplier: request.coveredBy };
  for (const name of request.services)
    for (const scope of world.schemes.get(name) ?? []) delegate(world, pair, scope, now);
};
