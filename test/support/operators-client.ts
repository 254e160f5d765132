import type { Answer } from '../../src/cli/call-json.ts';
import type { SandboxCall, SandboxControl } from './sandbox-control.ts';
import { until } from './until.ts';

/** A hub as far as an operator moves it, in one process or in several. */
type House = {
  call(who: 'operator', method: string, path: string, body?: unknown): Promise<Answer>;
  sandbox: SandboxControl;
};

export type KeySeen = {
  id: string;
  kid: string;
  state: string;
  registeredAt: string | null;
  listedAt: string | null;
  expiresAt: string | null;
  provedAt: string | null;
  problem: { type: string } | null;
};
export type ClientSeen = {
  id: string;
  name: string;
  clientId: string;
  keys: KeySeen[];
  stopped: { since: string; problem: { type: string; mover: string } } | null;
  warnings: { code: string; detail: string }[];
};

const base = '/operator/v1/maskinporten-clients';

/** One of the operator's clients as the hub shows it, and what is registered of it at Maskinporten. */
export const operatorsClient = async ({ call, sandbox }: House, name: string) => {
  const list = async () => (await call('operator', 'GET', base)).body as unknown as { items: ClientSeen[] };
  const first = (await list()).items.find((client) => client.name === name);
  if (!first) throw new Error(`no client ${name}`);
  const path = `${base}/${first.id}`;
  const seen = async () => (await call('operator', 'GET', path)).body as unknown as ClientSeen;
  const isBorn = (client: ClientSeen) => client.keys.every(({ state }) => state !== 'generating') && client;
  const hasLooked = async () => {
    const queues = (await call('operator', 'GET', '/operator/v1/queues')).body as unknown as {
      items: { queue: string; due: number; handedOut: number }[];
    };
    return queues.items.some(({ queue, due, handedOut }) => queue === 'probe-client' && due + handedOut === 0);
  };
  const jwks = async () =>
    (await call('operator', 'GET', `${path}/jwks.json`)).body as unknown as { keys: { kid: string }[] };
  return {
    path,
    clientId: first.clientId,
    seen,
    jwks,
    /** Each key's state, oldest first. */
    states: async () => (await seen()).keys.map(({ state }) => state),
    /** Born in a worker, on a slow machine later than the answer waits. */
    addKey: async () => {
      const added = (await call('operator', 'POST', `${path}/keys`, { generate: true })).body as unknown as ClientSeen;
      return isBorn(added) || until('the key to be born', async () => isBorn(await seen()));
    },
    /** Looked at by hand; the answer waits for that look, though on a slow machine not to its end. */
    probe: async () => {
      const told = (await call('operator', 'POST', `${path}/probe`)).body as unknown as ClientSeen;
      if (await hasLooked()) return told;
      await until('the look to have ended', hasLooked);
      return seen();
    },
    /** Registers what the hub shows, or as much of it as is chosen. */
    register: async (choose: (kid: string) => boolean = () => true) =>
      sandbox.register(first.clientId, { keys: (await jwks()).keys.filter(({ kid }) => choose(kid)) }),
    /** The same keys posted once more, so that their year begins anew. */
    async registerAnew() {
      await sandbox.register(first.clientId, { keys: [] });
      await sandbox.register(first.clientId, await jwks());
    },
    /** Grants of this client as Maskinporten saw them, those after number `since`. */
    grants: async (since = 0) =>
      (await sandbox.calls('token', since)).filter((call) => grantOf(call).issuer === first.clientId),
  };
};

type Grant = { header?: { kid: string }; claims?: { iss: string; consumer_org?: string } };

export const grantOf = ({ body }: SandboxCall): { issuer?: string; consumer?: string; kid?: string } => {
  const { assertion } = (body ?? {}) as { assertion?: Grant };
  return {
    ...(assertion?.claims ? { issuer: assertion.claims.iss } : {}),
    ...(assertion?.claims?.consumer_org ? { consumer: assertion.claims.consumer_org } : {}),
    ...(assertion?.header ? { kid: assertion.header.kid } : {}),
  };
};
