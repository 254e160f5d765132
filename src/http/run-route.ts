import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '../domain/problem.ts';
import type { By, UseCases } from '../usecases/use-cases.ts';
import { authenticate } from './authenticate.ts';
import { bodyOf } from './body-of.ts';
import { clientAddress } from './client-address.ts';
import { checked } from './faults.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import type { Limits } from './limits.ts';
import { refuseNationalId } from './national-id.ts';
import { oauthAnswer } from './oauth/oauth-answer.ts';
import { type Passing, passingOf } from './pass-on.ts';
import { waitOf } from './prefer.ts';
import type { Answer, Asked, Content, Route, Site } from './route.ts';
import type { Found } from './route-table.ts';

/** One request as it came in, its route found. */
export type Incoming = Found & {
  request: IncomingMessage;
  response: ServerResponse;
  /** What every answer begins with, for one that is passed on. */
  head(): string[];
  path: string;
  query: string;
  requestId: string;
  prefers: Asked<'everybody', unknown, unknown, unknown>['prefers'];
  /** Told as soon as it is known who calls, for the log line. */
  onCaller(caller: By['caller']): void;
};

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header;

/** A part of a path in the wrong form names nothing: the same 404 as for something that is not there. */
const paramsOf = ({ params: schema, problems }: Route, params: Record<string, string>): unknown => {
  if (!schema) return undefined;
  const read = schema.safeParse(params);
  if (read.success) return read.data;
  throw new Problem(problems.find((code) => code.endsWith('-not-found')) ?? 'not-found', 'There is none with this id');
};

const queryOf = (query: string): Record<string, string | string[]> => {
  const values: [string, string | string[]][] = [];
  const search = new URLSearchParams(query);
  for (const name of new Set(search.keys())) {
    const given = search.getAll(name);
    values.push([name, given.length === 1 ? (given[0] ?? '') : given]);
  }
  return Object.fromEntries(values);
};

/** What is left of the path is its last parameter, as it was written. */
const passingTo = ({ params, request, response, query, head }: Incoming): Passing =>
  passingOf(request, response, { rest: params['path'] ?? '', query }, head);

/** What was told of a frozen object before: it cannot have changed since, and is told in the same words. */
const toldBefore = new WeakMap<object, { schema: unknown; content: Content }>();

/** The reply's schema drops what the reply does not name; a reply that does not fit it is our fault. */
const told = (route: Route, answer: Answer): Answer => {
  if (answer.problem || answer.passed) return answer;
  const schema = route.replies[answer.status];
  if (schema === undefined) throw new Error(`${route.name} answers ${answer.status}, which it does not name`);
  if (schema === 'nothing' || schema === 'page' || schema === 'passed' || answer.content || answer.stream)
    return answer;
  const { body } = answer;
  const frozen = typeof body === 'object' && body !== null && Object.isFrozen(body) ? body : undefined;
  const before = frozen && toldBefore.get(frozen);
  if (before?.schema === schema) return { ...answer, content: before.content };
  const read = schema.safeParse(body);
  if (!read.success) throw new Error(`${route.name} answers what its schema does not allow`, { cause: read.error });
  const content = { type: 'application/json; charset=utf-8', bytes: JSON.stringify(read.data) };
  if (frozen) toldBefore.set(frozen, { schema, content });
  return { ...answer, content };
};

/** One request through one route: addresses, who calls, input, handler, reply. */
export const routeRunner = (uses: UseCases, limits: Limits, site: Site, trustedProxies: readonly string[]) => {
  const callerOf = authenticate(uses, limits);
  const addressOf = clientAddress(trustedProxies);
  const run = async (incoming: Incoming): Promise<Answer> => {
    const { route, params, request, path, query, requestId, prefers, onCaller } = incoming;
    const address = addressOf(request);
    const open = route.audience === 'everybody';
    // A plain path holds nothing but what we wrote ourselves.
    if ((!open || !route.hidden) && (path !== route.path || query !== '')) refuseNationalId(path, query);
    let by: By | undefined;
    if (!open) {
      const { authorization } = request.headers;
      by = {
        caller: await callerOf(route, { authorization, connection: request.socket, address, requestId }),
        requestId,
      };
      onCaller(by.caller);
    }
    const waitMs = route.prefer ? waitOf(single(request.headers.prefer)) : undefined;
    const answer = await route.handle({
      by,
      params: paramsOf(route, params),
      query: route.query ? checked(route.query, queryOf(query), 'query') : undefined,
      idempotencyKey: route.idempotent ? idempotencyKeyOf(single(request.headers['idempotency-key'])) : undefined,
      lastEventId: route.streams ? single(request.headers['last-event-id']) : undefined,
      passing: route.passes ? passingTo(incoming) : undefined,
      body: route.body ? await bodyOf(route, request) : undefined,
      waitMs,
      address,
      requestId,
      prefers,
      site,
    });
    return told(route, answer);
  };
  // Clients of OAuth read no problems.
  return (incoming: Incoming): Promise<Answer> =>
    incoming.route.oauth ? run(incoming).catch(oauthAnswer) : run(incoming);
};
