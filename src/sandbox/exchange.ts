import type { IncomingHttpHeaders } from 'node:http';

/** What a pretend system is asked. The body is text; each handler reads it as it should be read. */
export type Ask = {
  method: string;
  path: string;
  query: URLSearchParams;
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: string;
};

/** What it answers. An object is sent as JSON, and nothing at all as an empty body. */
export type Reply = {
  status: number;
  /** The reason phrase, where it says more than the status. */
  reason?: string;
  headers?: Record<string, string>;
  body?: object | string;
};

/** What has passed every check and changes something once it lands: at once, or (fault `reset`, `late`) some time later. */
export type Landing = { land(): Reply };

type Handler = (ask: Ask) => Reply | Landing | Promise<Reply | Landing>;

/** The outside calls that can be failed and that are written down, under the names the control calls use. */
export const callKinds = [
  'token',
  'metadata',
  'jwk',
  'create',
  'get',
  'events',
  'lookup',
  'exchange',
  'data',
  'registry',
  'scopes',
  'selfservice',
  'scope-access',
  'access-lists',
  'delegations',
  'consumers',
  'altinn2-create',
  'altinn2-get',
  'altinn2-list',
  'altinn2-withdraw',
  'altinn2-token',
  'altinn2-log-use',
  'altinn2-give-back',
  'altinn2-jwk',
  'altinn2-owner',
  'altinn2-ask-access',
] as const;
export type CallKind = (typeof callKinds)[number];

/** One address of a pretend system. `path` is Koa's notation, below the server's root. */
export type Endpoint = { on: CallKind; method: 'get' | 'post' | 'put' | 'delete'; path: string; handle: Handler };

/** Reads JSON; `undefined` when it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
