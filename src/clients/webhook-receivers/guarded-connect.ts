import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import type { PrivateTarget } from '../../domain/receiver.ts';
import { isThisMachine } from '../addresses.ts';
import type { EgressRules, Target } from './egress-rules.ts';
import type { OwnPlaces } from './own-places.ts';
import type { Tunnel } from './proxy-tunnel.ts';
import type { Resolve } from './resolve-names.ts';

export class ConnectRefused extends Error {
  override readonly name = 'ConnectRefused';
  readonly why: 'refused-address' | 'unresolved';
  constructor(why: 'refused-address' | 'unresolved') {
    super(why);
    this.why = why;
  }
}

/** What all connections share. */
export type Guard = {
  rules: EgressRules;
  resolve: Resolve;
  own: OwnPlaces;
  connectMs: number;
  tunnel?: Tunnel | undefined;
};

/** What some connections have for themselves. */
type Special = { opened?: PrivateTarget | undefined; secureContext?: SecureContext | undefined };

/** A name may stand for thousands: all are checked, and so many are tried. */
const mostTried = 4;

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

/**
 * The addresses that a target stands for, each of them checked; one bad one spoils all.
 *
 * @throws ConnectRefused
 */
export const checkedAddresses = async (
  { rules, resolve, own }: Pick<Guard, 'rules' | 'resolve' | 'own'>,
  target: Target,
  opened: PrivateTarget | undefined,
): Promise<string[]> => {
  const name = bare(target.hostname);
  const found = isIP(name) !== 0 ? [name] : await resolve(name, rules.isLocalName(target, opened)).catch(() => []);
  if (found.length === 0) throw new ConnectRefused('unresolved');
  for (const address of found)
    if (rules.addressFault(target, address, opened) !== undefined || (await own.includes(name, address, target.port)))
      throw new ConnectRefused('refused-address');
  return found.slice(0, mostTried);
};

const passes = (rules: EgressRules, target: Target, address: string, opened: PrivateTarget | undefined): boolean =>
  rules.addressFault(target, address, opened) === undefined;

/** Answers with what was checked, so that the name cannot mean something else by the time it is connected to. */
const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_hostname, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = all;
    if (options.all || !first) callback(null, all);
    else callback(null, first.address, first.family);
  };

/** The first of them that the proxy reaches. */
const throughTunnel = async (
  tunnel: Tunnel,
  addresses: readonly string[],
  port: number,
  connectMs: number,
): Promise<Socket> => {
  const signal = AbortSignal.timeout(connectMs);
  let failure: unknown;
  for (const address of addresses)
    try {
      return await tunnel(address, port, signal);
    } catch (error) {
      failure = error;
      if (signal.aborted) break;
    }
  throw failure;
};

/**
 * Opens connections for webhooks: the name is resolved once, each address it stands for must pass, and the connection goes
 * to one of them. A pooled connection was thus checked when it was opened, and stays where it is.
 */
export const guardedConnect =
  (guard: Guard, { opened, secureContext }: Special): buildConnector.connector =>
  (options, callback) => {
    const open = async (): Promise<void> => {
      const { protocol } = options;
      const hostname = bare(options.hostname);
      const target: Target = { protocol, hostname, port: Number(options.port) || (protocol === 'https:' ? 443 : 80) };
      const addresses = await checkedAddresses(guard, target, opened);
      const special = secureContext === undefined ? {} : { secureContext };
      const shared = { timeout: guard.connectMs, allowH2: false, ...special };
      if (guard.tunnel) {
        // The proxy would take it for its own machine.
        const isItself = (one: string) => isThisMachine(one) && !passes(guard.rules, target, one, undefined);
        if (addresses.some(isItself)) throw new ConnectRefused('refused-address');
        const socket = await throughTunnel(guard.tunnel, addresses, target.port, guard.connectMs);
        if (protocol !== 'https:') return callback(null, socket);
        buildConnector(shared)({ ...options, hostname, httpSocket: socket }, (...[error, secured]) => {
          if (!error) return callback(null, secured);
          socket.destroy();
          callback(error, null);
        });
        return undefined;
      }
      const connect = buildConnector({ ...shared, lookup: pinned(addresses), autoSelectFamily: true });
      connect({ ...options, hostname }, (...[error, socket]) => {
        if (error) return callback(error, null);
        // The last word has the socket itself, before anything is written to it.
        const { remoteAddress } = socket;
        if (remoteAddress !== undefined && passes(guard.rules, target, remoteAddress, opened))
          return callback(null, socket);
        socket.destroy();
        callback(new ConnectRefused('refused-address'), null);
      });
      return undefined;
    };
    open().catch((error: Error) => callback(error, null));
  };
