import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where a connection is about to go. `hostname` is as a URL has it: lower case, an IPv6 address in brackets. */
export type Target = { protocol: string; hostname: string; port: number };

export type EgressRules = {
  /** Why this address is not sent to, as far as its text tells. */
  fault(url: string): string | undefined;
  /** Why there is no connection to this IP address for that target: asked for each address that a name stands for. */
  addressFault(target: Target, address: string): string | undefined;
  /** Is it a name that only this machine or network knows? Then its own tables are asked, not DNS. */
  isLocalName(target: Target): boolean;
};

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
const localSuffix = /(?:^|\.)(?:localhost|local|internal|arpa|test|invalid)$/;

/** Azure's door to the host machine, though its address looks public. */
const hostDoors = new Set(['168.63.129.16']);

/**
 * Only what is plainly public passes. That leaves out addresses with an IPv4 address inside (mapped, NAT64, 6to4), since
 * whoever unwraps it may be nearer than we are. For IPv6 the range given out today is all there is: 2000::/3.
 */
export const isPublicAddress = (address: string): boolean => {
  if (isIP(address) === 0 || hostDoors.has(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 1;
};

const targetOf = ({ protocol, hostname, port }: URL): Target => ({
  protocol,
  hostname,
  port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
});

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

/** Tells where webhooks may go. `allow` opens more, but never in production. */
export const egressRules = ({ production, allow }: { production: boolean; allow: readonly string[] }): EgressRules => {
  const { names, ranges } = readAllowed(production ? [] : allow);

  const isNamed = ({ hostname, port }: Target): boolean => names.has(`${bare(hostname)}:${port}`);

  const isInRange = (address: string): boolean => {
    if (isIP(address) === 0) return false;
    const parsed = ipaddr.parse(address);
    return ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits));
  };

  const strangersFault = ({ protocol, hostname, port }: Target): string | undefined => {
    if (protocol !== 'https:') return 'only https is sent to';
    if (isIP(bare(hostname)) !== 0) return 'needs a host name, not an address';
    if (!bare(hostname).includes('.') || localSuffix.test(bare(hostname))) return 'needs a public host name';
    if (port !== 443 && port < 1024) return 'needs port 443, or one from 1024 up';
    return undefined;
  };

  return {
    fault(text) {
      if (!URL.canParse(text)) return 'is no address';
      const url = new URL(text);
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only https is sent to';
      if (url.username !== '' || url.password !== '') return 'may hold no user and no password';
      const target = targetOf(url);
      if (isNamed(target)) return undefined;
      const host = bare(target.hostname);
      // What a name stands for is seen when connecting; only then is it known whether a range allows it.
      const mayBeInRange = isIP(host) !== 0 ? isInRange(host) : ranges.length > 0;
      return mayBeInRange ? undefined : strangersFault(target);
    },
    addressFault(target, address) {
      if (isNamed(target) || isInRange(address)) return undefined;
      return strangersFault(target) ?? (isPublicAddress(address) ? undefined : 'the host is not a public one');
    },
    isLocalName: (target) => isNamed(target) || !bare(target.hostname).includes('.'),
  };
};
