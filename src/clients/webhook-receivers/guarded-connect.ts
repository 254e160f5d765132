import { lookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { EgressRules, Target } from './egress-rules.ts';

/** All addresses a name stands for. */
export type Resolve = (hostname: string, isLocal: boolean) => Promise<string[]>;

export class ConnectRefused extends Error {
  override readonly name = 'ConnectRefused';
  readonly why: 'refused-address' | 'unresolved';
  constructor(why: 'refused-address' | 'unresolved') {
    super(why);
    this.why = why;
  }
}

/**
 * Asks DNS over the network. The machine's own `getaddrinfo` would sit in the few threads that also sign our grants, and
 * whoever runs a slow name server could hold them; it is used for the machine's own names alone.
 */
export const resolveNames: Resolve = async (hostname, isLocal) => {
  if (isLocal) return (await lookup(hostname, { all: true })).map(({ address }) => address);
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  return [v4, v6].flatMap((found) => (found.status === 'fulfilled' ? found.value : []));
};

const addressesOf = async ({ hostname }: Target, isLocal: boolean, resolve: Resolve): Promise<string[]> => {
  if (isIP(hostname) !== 0) return [hostname];
  const found = await resolve(hostname.replace(/\.$/, ''), isLocal).catch(() => []);
  if (found.length === 0) throw new ConnectRefused('unresolved');
  return found;
};

/** Answers with what was checked, so that the name cannot mean something else by the time it is connected to. */
const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_hostname, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = all;
    if (options.all || !first) callback(null, all);
    else callback(null, first.address, first.family);
  };

/**
 * Opens connections for webhooks: the name is resolved once, each address it stands for must pass, and the connection goes
 * to one of them. A pooled connection was thus checked when it was opened, and stays where it is.
 */
export const guardedConnect =
  (rules: EgressRules, resolve: Resolve, connectMs: number): buildConnector.connector =>
  (options, callback) => {
    const open = async (): Promise<void> => {
      const { protocol } = options;
      const hostname = options.hostname.replace(/^\[|\]$/g, '');
      const port = Number(options.port) || (protocol === 'https:' ? 443 : 80);
      const target: Target = { protocol, hostname, port };
      const addresses = await addressesOf(target, rules.isLocalName(target), resolve);
      const isRefused = (address: string | undefined): boolean =>
        address === undefined || rules.addressFault(target, address) !== undefined;
      if (addresses.some(isRefused)) throw new ConnectRefused('refused-address');
      const connect = buildConnector({
        timeout: connectMs,
        lookup: pinned(addresses),
        autoSelectFamily: true,
        allowH2: false,
      });
      connect({ ...options, hostname }, (...[error, socket]) => {
        if (error) return callback(error, null);
        // The last word has the socket itself, before anything is written to it.
        if (!isRefused(socket.remoteAddress)) return callback(null, socket);
        socket.destroy();
        callback(new ConnectRefused('refused-address'), null);
      });
    };
    open().catch((error: Error) => callback(error, null));
  };
