import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { PrivateTarget } from '../../domain/receiver.ts';
import { isNeverReached, isPublicAddress, isReceiverAddress } from '../addresses.ts';

/** Where a connection is about to go. `hostname` is as a URL has it: lower case, an IPv6 address in brackets. */
export type Target = { protocol: string; hostname: string; port: number };

/** `opened`: the private receiver that the operator has allowed here, by host and port. */
export type EgressRules = {
  /** Why this address is not sent to, as far as its text tells. */
  fault(url: string, opened?: PrivateTarget): string | undefined;
  /** Why there is no connection to this IP address for that target: asked for each address that a name stands for. */
  addressFault(target: Target, address: string, opened?: PrivateTarget): string | undefined;
  /** Is it a name that only this machine or network knows? Then its own tables are asked, not DNS. */
  isLocalName(target: Target, opened?: PrivateTarget): boolean;
  /** Why nobody can allow that as a private receiver, as far as its text tells. */
  openedFault(opened: PrivateTarget): string | undefined;
};

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
const localSuffix = /(?:^|\.)(?:localhost|local|internal|arpa|test|invalid|lan|home|corp|intranet)$/;

/** Names under which clouds tell a machine its secrets. */
const metadataName =
  /^(?:metadata|instance-data)(?:$|\.(?:google\.internal|goog|azure\.internal|ec2\.internal|packet\.net|platformequinix\.com)$)/;

/**
 * From 1024 up, ports where something else than a receiver usually listens: those that browsers refuse (WHATWG Fetch, "bad
 * port"), and databases, queues and machines' own doors.
 */
const otherPorts = new Set([
  ...[
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
  ],
  ...[
    1433, 1521, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5672, 5900, 6379, 6432, 9042, 9092, 9200, 10_250, 11_211,
    27_017,
  ],
]);

export const portOf = ({ protocol, port }: Pick<URL, 'protocol' | 'port'>): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);

const targetOf = (url: URL): Target => ({ protocol: url.protocol, hostname: url.hostname, port: portOf(url) });

const readAllowed = (entries: readonly string[]) => {
  const names = new Set<string>();
  const ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  for (const entry of entries) {
    const [, host, port] = /^(.+):(\d{1,5})$/.exec(entry) ?? [];
    if (entry.includes('/')) ranges.push(ipaddr.parseCIDR(entry));
    else if (host && port && URL.canParse(`http://${host}`))
      names.add(`${bare(new URL(`http://${host}`).hostname)}:${port}`);
    else throw new Error(`neither host:port nor an address range: ${JSON.stringify(entry)}`);
  }
  return { names, ranges };
};

/**
 * What is wrong with an address before it is read: readers differ in what they make of a backslash, of blanks, of a missing
 * slash and of an empty user, and the one behind us must not see another host than we do.
 */
const writingFault = (text: string): string | undefined => {
  if (/[\s\\]|\p{Cc}/u.test(text)) return 'may hold neither blanks nor backslashes';
  if (!/^[a-z]+:\/\/[^/]/i.test(text) || !URL.canParse(text)) return 'is no address';
  if (/^[a-z]+:\/\/[^/?#]*@/i.test(text)) return 'may hold no user and no password';
  return undefined;
};

/** Tells where webhooks may go. `allow` opens more, but never in production. */
export const egressRules = ({ production, allow }: { production: boolean; allow: readonly string[] }): EgressRules => {
  const { names, ranges } = readAllowed(production ? [] : allow);

  const isNamed = ({ hostname, port }: Target): boolean => names.has(`${bare(hostname)}:${port}`);

  const isInRange = (address: string): boolean => {
    if (isIP(address) === 0) return false;
    const parsed = ipaddr.parse(address);
    return ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits));
  };

  const isOpened = ({ hostname, port }: Target, opened: PrivateTarget | undefined): boolean =>
    opened !== undefined && opened.port === port && bare(opened.host) === bare(hostname);

  const neverFault = (host: string): string | undefined => {
    const isNever = isIP(host) !== 0 ? isNeverReached(host) : metadataName.test(host);
    return isNever ? 'is an address that nothing is sent to' : undefined;
  };

  const openedFault = ({ host, port }: PrivateTarget): string | undefined => {
    const name = bare(host);
    if (isIP(name) !== 0 && !isReceiverAddress(name)) return 'is an address that no receiver has';
    return neverFault(name) ?? (port >= 1 && port <= 65_535 ? undefined : 'has no such port');
  };

  /** The operator vouches for the place; what passes on the way there is still nobody else's to read. */
  const guestsFault = ({ protocol }: Target): string | undefined =>
    production && protocol !== 'https:' ? 'only https is sent to' : undefined;

  const strangersFault = ({ protocol, hostname, port }: Target): string | undefined => {
    if (protocol !== 'https:') return 'only https is sent to';
    if (isIP(bare(hostname)) !== 0) return 'needs a host name, not an address';
    if (!bare(hostname).includes('.') || localSuffix.test(bare(hostname))) return 'needs a public host name';
    if ((port !== 443 && port < 1024) || otherPorts.has(port)) return 'needs port 443, or one where receivers listen';
    return undefined;
  };

  return {
    fault(text, opened) {
      const writing = writingFault(text);
      if (writing !== undefined) return writing;
      const url = new URL(text);
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https is sent to';
      if (url.hostname.endsWith('.')) return 'needs a host name without a dot at its end';
      const target = targetOf(url);
      const host = bare(target.hostname);
      const never = neverFault(host);
      if (never !== undefined) return never;
      if (isNamed(target)) return undefined;
      if (opened && isOpened(target, opened)) return guestsFault(target) ?? openedFault(opened);
      // What a name stands for is seen when connecting; only then is it known whether a range allows it.
      const mayBeInRange = isIP(host) !== 0 ? isInRange(host) : ranges.length > 0;
      return mayBeInRange ? undefined : strangersFault(target);
    },
    addressFault(target, address, opened) {
      if (isNeverReached(address)) return 'the host is an address that nothing is sent to';
      if (isNamed(target) || isInRange(address)) return undefined;
      if (isOpened(target, opened))
        return guestsFault(target) ?? (isReceiverAddress(address) ? undefined : 'the host is no receiver’s');
      return strangersFault(target) ?? (isPublicAddress(address) ? undefined : 'the host is not a public one');
    },
    isLocalName(target, opened) {
      const name = bare(target.hostname);
      return isNamed(target) || !name.includes('.') || (isOpened(target, opened) && localSuffix.test(name));
    },
    openedFault,
  };
};
