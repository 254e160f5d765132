import { Problem } from '../../domain/problem.ts';
import type { Log } from '../../lib/log.ts';
import type { SelfService } from '../../usecases/selfservice-port.ts';
import { type HttpAnswer, type HttpCall, NoAnswer, openHttpCaller } from '../http-caller.ts';
import { refused } from './refusals.ts';
import { fromAsk, fromKeys, isMaskinportens, toClient, toGranted, toKeys, withScopes } from './wire.ts';

/** All clients of an organisation, each with a few dozen members. */
const maxBytes = 20_000_000;

const unreadable = (what: string): Problem =>
  new Problem('selfservice-unavailable', `${what}: the answer could not be read.`);

/** Digdir's self-service API, as far as our own clients go. @see docs/sources/maskinporten.md */
export const openSelfService = ({
  baseUrl,
  log,
  timeoutMs,
}: {
  baseUrl: string;
  log: Log;
  timeoutMs?: number;
}): SelfService & { close(): Promise<void> } => {
  const http = openHttpCaller({ timeoutMs, maxBytes });
  const base = new URL('api/v1/', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const clientPath = (id: string) => `clients/${encodeURIComponent(id)}`;

  type Asked = { method: HttpCall['method']; path: string; what: string; body?: object; token: string };
  const send = async ({ method, path, what, body, token }: Asked, signal: AbortSignal): Promise<HttpAnswer> => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      return await http.call({ method, url: new URL(path, base), headers, ...sent }, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const isUnknown = method !== 'GET' && error.failure.wasSent;
      const code = isUnknown ? 'selfservice-outcome-unknown' : 'selfservice-unavailable';
      throw new Problem(code, `${what}: no answer.`, { cause: error });
    }
  };

  const call = async (asked: Asked, signal: AbortSignal): Promise<HttpAnswer> => {
    const answer = await send(asked, signal);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const problem = refused(answer, asked.what);
    log.info(
      {
        method: asked.method,
        path: asked.path,
        status: answer.status,
        code: problem.code,
        traceId: problem.more.traceId,
      },
      'self-service: refused',
    );
    // Whatever stands before it may have passed it on all the same.
    if (asked.method !== 'GET' && answer.status >= 500)
      throw new Problem('selfservice-outcome-unknown', problem.detail, problem.more);
    throw problem;
  };

  const list = async <T>(
    path: string,
    what: string,
    token: string,
    read: (one: unknown) => T | undefined,
    signal: AbortSignal,
  ) => {
    const { body } = await call({ method: 'GET', path, what, token }, signal);
    if (!Array.isArray(body)) throw unreadable(what);
    return body.flatMap((one: unknown) => read(one) ?? []);
  };

  return {
    async listClients(token, signal) {
      const found = await list('clients', 'The list of clients', token, toClient, signal);
      return found.filter((client) => client.active && isMaskinportens(client));
    },
    async findClient(token, clientId, signal) {
      const asked = { method: 'GET', path: clientPath(clientId), what: `The client ${clientId}`, token } as const;
      const answer = await send(asked, signal);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused(answer, asked.what);
      const client = toClient(answer.body);
      if (!client) throw unreadable(asked.what);
      return client;
    },
    async createClient(token, ask, signal) {
      const what = `Making the client ${ask.name}`;
      const { body } = await call({ method: 'POST', path: 'clients', what, body: fromAsk(ask), token }, signal);
      const client = toClient(body);
      if (!client) throw new Problem('selfservice-outcome-unknown', `${what}: the answer could not be read.`);
      return client;
    },
    async changeScopes(token, client, scopes, signal) {
      const body = withScopes(client, scopes);
      const what = `Changing the scopes of ${client.clientId}`;
      await call({ method: 'PUT', path: clientPath(client.clientId), what, body, token }, signal);
    },
    async readKeys(token, clientId, signal) {
      const what = `The keys of ${clientId}`;
      const { body } = await call({ method: 'GET', path: `${clientPath(clientId)}/jwks`, what, token }, signal);
      // Nothing was ever registered: seen as an empty set, and an empty answer will do as well.
      const keys = body === undefined ? [] : toKeys(body);
      if (!keys) throw unreadable(what);
      return keys;
    },
    async writeKeys(token, clientId, keys, signal) {
      const what = `Writing the keys of ${clientId}`;
      const body = fromKeys(keys);
      await call({ method: 'POST', path: `${clientPath(clientId)}/jwks`, what, body, token }, signal);
    },
    grantedScopes: (token, signal) => list('scopes/access/all', 'The scopes granted', token, toGranted, signal),
    close: http.close,
  };
};

const left = () => Promise.reject(new Error('an API process leaves that to workers'));

/** What a process has that never asks. */
export const leftToWorkers: SelfService = {
  listClients: left,
  findClient: left,
  createClient: left,
  changeScopes: left,
  readKeys: left,
  writeKeys: left,
  grantedScopes: left,
};
