import { z } from 'zod';
import type { AskedStatus } from '../../domain/access-request.ts';
import { Problem } from '../../domain/problem.ts';
import { scrub } from '../../lib/mask.ts';
import type { Asked, AskForAccess } from '../../usecases/asking-port.ts';
import { type HttpAnswer, type HttpCall, NoAnswer, openHttpCaller } from '../http-caller.ts';
import { inLowerCase } from '../in-lower-case.ts';

const maxBytes = 30_000_000;
const path = 'api/DelegationRequests';

const Service = z.preprocess(
  inLowerCase,
  z.looseObject({ servicecode: z.string(), serviceeditioncode: z.union([z.string(), z.number()]) }),
);
/** Names of the id and of the status are those of the address it came back with, and of its filter; others are taken, too. */
const Request = z.preprocess(
  inLowerCase,
  z.looseObject({
    delegationrequestid: z.guid().optional(),
    guid: z.guid().optional(),
    id: z.guid().optional(),
    requeststatus: z.string().optional(),
    status: z.string().optional(),
    offeredby: z.string().optional(),
    requestservices: z.array(Service).optional(),
  }),
);
const List = z.preprocess(
  inLowerCase,
  z.looseObject({
    _embedded: z.preprocess(inLowerCase, z.looseObject({ delegationrequests: z.array(Request) })),
  }),
);

const statuses: readonly AskedStatus[] = ['created', 'unopened', 'opened', 'accepted', 'rejected'];

const askedOf = (request: z.infer<typeof Request>): Asked | undefined => {
  const upstreamId = request.delegationrequestid ?? request.guid ?? request.id;
  const said = (request.requeststatus ?? request.status ?? '').toLowerCase();
  const status = statuses.find((one) => one === said);
  return upstreamId !== undefined && status ? { upstreamId, status } : undefined;
};

const unreadable = (): Problem => new Problem('altinn-unavailable', 'Altinn’s answer could not be read.');

const refused = ({ status, body, reason }: HttpAnswer): Problem => {
  if (status === 429 || status >= 500) return new Problem('altinn-unavailable', `Altinn answered ${status}.`);
  if (status === 401 || status === 403)
    return new Problem('access-asking-refused', `Altinn 2 answered ${status} to the operator’s own token and API key.`);
  const [first] = Array.isArray(body) ? (body as unknown[]) : [];
  const told = Object.values((inLowerCase(first) ?? {}) as object).filter((text) => typeof text === 'string');
  return new Problem('altinn-refused', scrub(`Altinn refused it: ${told.join(' ') || reason || status}`).slice(0, 500));
};

type Options = {
  baseUrl: string;
  apiKey: string | undefined;
  operatorOrgno: string;
  timeoutMs?: number;
};

/**
 * Altinn 2's requests to delegate. Switched off in 2023, and never there for resources of Altinn 3: kept for the sandbox, and for
 * what may come in their place.
 *
 * @see docs/sources/owners-and-delegations.md
 */
export const openDelegationRequests = (options: Options): AskForAccess & { close(): Promise<void> } => {
  const { baseUrl, apiKey, operatorOrgno, timeoutMs } = options;
  const http = openHttpCaller({ timeoutMs, maxBytes });
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const call = async (ask: HttpCall, token: string, signal: AbortSignal): Promise<HttpAnswer> => {
    if (apiKey === undefined) throw new Problem('altinn2-not-set-up', 'There is no API key for Altinn 2.');
    const headers = {
      ...{ apikey: apiKey, authorization: `Bearer ${token}`, accept: 'application/hal+json' },
      ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    try {
      return await http.call({ ...ask, headers }, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw new Problem('altinn-unavailable', 'No answer from Altinn.', { cause: error });
    }
  };
  return {
    by: 'altinn2-delegation-requests',
    scopes: { read: 'altinn:delegationrequests.read', write: 'altinn:delegationrequests.write' },
    async ask({ orgno, name, service, returnTo, message }, token, signal) {
      const at = service.lastIndexOf('_');
      const body = JSON.stringify({
        coveredBy: operatorOrgno,
        offeredBy: orgno,
        offeredByName: name,
        requestServices: [{ serviceCode: service.slice(0, at), serviceEditionCode: Number(service.slice(at + 1)) }],
        requestMessage: message,
        redirectUrl: returnTo,
      });
      const answer = await call({ method: 'POST', url: new URL(path, base), body }, token, signal);
      if (answer.status !== 201 && answer.status !== 200) throw refused(answer);
      const asked = askedOf(Request.safeParse(answer.body).data ?? {});
      if (!asked) throw unreadable();
      return asked;
    },
    async findOpen({ orgno, service }, token, signal) {
      const url = new URL(`${path}?direction=outgoing&status=created&status=unopened&status=opened`, base);
      const answer = await call({ method: 'GET', url }, token, signal);
      if (answer.status !== 200) throw refused(answer);
      const list = List.safeParse(answer.body);
      if (!list.success) throw unreadable();
      const found = list.data._embedded.delegationrequests.find(
        ({ offeredby, requestservices = [] }) =>
          offeredby === orgno &&
          requestservices.some((one) => `${one.servicecode}_${one.serviceeditioncode}` === service),
      );
      return found && askedOf(found);
    },
    async read(upstreamId, token, signal) {
      const url = new URL(`${path}/${encodeURIComponent(upstreamId)}`, base);
      const answer = await call({ method: 'GET', url }, token, signal);
      // As it answers for an id that it does not know, or that is not ours.
      if (answer.status === 403 || answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused(answer);
      const asked = askedOf(Request.safeParse(answer.body).data ?? {});
      if (!asked) throw unreadable();
      return asked.status;
    },
    close: http.close,
  };
};
