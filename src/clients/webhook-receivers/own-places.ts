import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { remember } from '../../lib/remember.ts';
import { isThisMachine, normalAddress } from '../addresses.ts';
import { type Resolve, resolveNames } from './resolve-names.ts';

/** Somewhere the hub itself keeps things or listens. */
export type Place = { host: string; port: number };

export type OwnPlaces = {
  /** Is that one of them, by whatever name or number? */
  includes(hostname: string, address: string, port: number): Promise<boolean>;
};

const usualPorts: Record<string, number> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
  'rediss:': 6379,
  'http:': 80,
  'https:': 443,
};

/** From the addresses they are set by; a socket in the file system is nowhere in the network. */
export const placesOf = (urls: readonly (string | undefined)[]): Place[] =>
  urls.flatMap((text) => {
    if (text === undefined || !URL.canParse(text)) return [];
    const { protocol, hostname, port, searchParams } = new URL(text);
    // As node-postgres reads it.
    const host = searchParams.get('host') ?? hostname;
    const number = Number(searchParams.get('port') ?? port) || (usualPorts[protocol] ?? 0);
    return host.startsWith('/') ? [] : [{ host: host.replace(/^\[|\]$/g, '').toLowerCase(), port: number }];
  });

const machinesOwn = (): Set<string> =>
  new Set(
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => normalAddress(address))),
  );

/**
 * The hub's own stores and listeners: webhooks never go there, whoever allowed it. Their names are looked up anew now and
 * then. `list` is asked each time, since a listener knows its port only when it listens.
 */
export const ownPlaces = (list: () => readonly Place[], resolve: Resolve = resolveNames): OwnPlaces => {
  const known = remember(
    async (host: string) => ({ addresses: (await resolve(host, true).catch(() => [])).map(normalAddress) }),
    30_000,
  );
  const addressesOf = async (host: string): Promise<string[]> =>
    isIP(host) !== 0 ? [normalAddress(host)] : ((await known.get(host))?.addresses ?? []);

  return {
    async includes(hostname, address, port) {
      const near = list().filter((place) => place.port === port);
      if (near.length === 0) return false;
      const wanted = normalAddress(address);
      const own = machinesOwn();
      const isOurs = (one: string): boolean => one === '' || isThisMachine(one) || own.has(one);
      for (const { host } of near) {
        if (host === hostname.replace(/\.$/, '')) return true;
        const addresses = await addressesOf(host);
        if (addresses.includes(wanted)) return true;
        if (isOurs(wanted) && (host === '' || addresses.some(isOurs))) return true;
      }
      return false;
    },
  };
};
