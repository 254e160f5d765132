import type { IncomingHttpHeaders } from 'node:http';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type Ask, type CallKind, parseJson } from './exchange.ts';
import type { Fault } from './faults.ts';

/** One call that was sent to a pretend system. `status` is null while it is under way, and when it was hung up on. */
type Call = {
  seq: number;
  at: string;
  on: CallKind;
  method: string;
  path: string;
  status: number | null;
  durationMs: number | null;
  fault: Fault['kind'] | null;
  headers: IncomingHttpHeaders;
  body: string | null;
};

export type Calls = {
  /** Notes a call at its arrival; the answer is filled in later. */
  note(ask: Ask, on: CallKind, at: Date, fault: Fault | undefined): Call;
  list(filter: { on?: string | undefined; since?: string | undefined }): object[];
  clear(): void;
  recordBodies(on: boolean): void;
};

const bound = 2000;

const decoded = (jwt: string): object | string => {
  try {
    return { header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) };
  } catch {
    return '[not a token]';
  }
};

/** A token is shown by what it says, a key by how it begins: nobody shall be able to use what he reads here. */
const headersView = ({ authorization, altinnsamtykke, apikey, ...headers }: IncomingHttpHeaders): object => ({
  ...headers,
  ...(authorization !== undefined && { authorization: decoded(authorization.replace(/^Bearer /i, '')) }),
  ...(altinnsamtykke !== undefined && { altinnsamtykke: decoded(String(altinnsamtykke)) }),
  ...(apikey !== undefined && { apikey: `${String(apikey).slice(0, 8)}…` }),
});

const bodyView = ({ on, body }: Call): unknown => {
  if (body === null || body === '') return null;
  if (on !== 'token') return parseJson(body) ?? body;
  const { assertion, ...fields } = Object.fromEntries(new URLSearchParams(body));
  return assertion === undefined ? fields : { ...fields, assertion: decoded(assertion) };
};

/**
 * What the pretend systems were sent, for tests to look at: the newest 2,000 calls. It may hold the numbers of
 * synthetic persons, since that is what was sent. It is decoded when read, so that a call costs next to nothing.
 */
export const openCalls = (): Calls => {
  let calls: Call[] = [];
  let seq = 0;
  let withBodies = true;
  return {
    note(ask, on, at, fault) {
      seq += 1;
      const call: Call = {
        seq,
        at: at.toISOString(),
        on,
        method: ask.method,
        path: ask.path,
        status: null,
        durationMs: null,
        fault: fault?.kind ?? null,
        headers: ask.headers,
        body: withBodies ? ask.body : null,
      };
      calls.push(call);
      if (calls.length > bound) calls.shift();
      return call;
    },
    list({ on, since }) {
      const isNew = (call: Call): boolean => {
        if (since === undefined) return true;
        return /^\d+$/.test(since) ? call.seq > Number(since) : call.at >= since;
      };
      return calls
        .filter((call) => (on === undefined || call.on === on) && isNew(call))
        .map((call) => ({ ...call, headers: headersView(call.headers), body: bodyView(call) }));
    },
    clear() {
      calls = [];
    },
    recordBodies(on) {
      withBodies = on;
    },
  };
};
