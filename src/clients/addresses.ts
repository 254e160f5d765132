import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

/** Where clouds tell a machine its secrets, as far as it is no link-local address: Azure, Alibaba, Oracle, AWS, Google, Scaleway. */
const metadataAddresses = new Set(
  ['168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254', 'fd00:42::42'].map((address) =>
    ipaddr.parse(address).toNormalizedString(),
  ),
);

/** Forms of IPv6 with an IPv4 address inside: whoever unwraps it may be nearer than we are. */
const wrappers = new Set(['ipv4Mapped', 'rfc6145', 'rfc6052', '6to4', 'teredo']);

/** ISATAP (RFC 5214) hides one behind any prefix. `::127.0.0.1` is the old form that nobody gives out. */
const isIsatap = (parsed: Parsed): boolean => {
  const [a, b, c, d] = parsed.kind() === 'ipv6' ? parsed.toByteArray().slice(8) : [];
  return (a === 0 || a === 2) && b === 0 && c === 0x5e && d === 0xfe;
};

/** Undefined for what is no address, or one of a certain interface (`fe80::1%eth0`). */
const parsed = (address: string): Parsed | undefined =>
  isIP(address) === 0 || address.includes('%') ? undefined : ipaddr.parse(address);

const isMetadata = (address: Parsed): boolean =>
  address.range() === 'linkLocal' || metadataAddresses.has(address.toNormalizedString());

/** Never gone to, whoever asks for it: not even for tests. */
export const isNeverReached = (address: string): boolean => {
  const read = parsed(address);
  return !read || wrappers.has(read.range()) || isIsatap(read) || isMetadata(read);
};

/** Of IPv6 the range given out today is all there is: 2000::/3. */
const isGivenOut = (address: Parsed): boolean =>
  address.range() === 'unicast' && (address.kind() === 'ipv4' || (address.toByteArray()[0] ?? 0) >> 5 === 1);

/** Only what is plainly public passes. */
export const isPublicAddress = (address: string): boolean => {
  const read = parsed(address);
  return read !== undefined && !isNeverReached(address) && isGivenOut(read);
};

const insideRanges = new Set(['private', 'loopback', 'carrierGradeNat', 'uniqueLocal']);

/** What a receiver that the operator has allowed may have: a public address, or one that a house uses inside. */
export const isReceiverAddress = (address: string): boolean => {
  const read = parsed(address);
  return read !== undefined && !isNeverReached(address) && (isGivenOut(read) || insideRanges.has(read.range()));
};

/** This machine, by whatever number it calls itself. */
export const isThisMachine = (address: string): boolean =>
  ['loopback', 'unspecified'].includes(parsed(address)?.range() ?? '');

/** In one form, so that two texts of one address are the same. */
export const normalAddress = (address: string): string => parsed(address)?.toNormalizedString() ?? address;
