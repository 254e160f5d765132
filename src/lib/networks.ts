import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = { address: Address; bits: number };

/** ipaddr.js takes `::192.0.2.1` for `::ffff:192.0.2.1`, which it is not. */
const inHex = (text: string): string =>
  text.includes(':') && text.includes('.') ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;

/** An IPv4 address that came in the clothes of an IPv6 one (`::ffff:192.0.2.1`) is the address it is. Undefined for what is none. */
const addressIn = (text: string): Address | undefined => {
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  const read = ipaddr.parse(inHex(text));
  return read instanceof ipaddr.IPv6 && read.isIPv4MappedAddress() ? read.toIPv4Address() : read;
};

const widthOf = (address: Address): number => (address.kind() === 'ipv4' ? 32 : 128);

/** Nothing stands to the right of the network's own bits: else somebody may have meant less, or more. */
const isWhole = ({ address, bits }: Network): boolean =>
  address.toByteArray().every((byte, place) => {
    const own = Math.min(8, Math.max(0, bits - place * 8));
    return (byte & (0xff >> own)) === 0;
  });

const networkIn = (text: string): Network | undefined => {
  const [, name = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = addressIn(name);
  if (!address) return undefined;
  const all = widthOf(address);
  // Of an IPv4 network in IPv6's clothes the first 96 bits are the clothes.
  const clothes = address.kind() === 'ipv4' && name.includes(':') ? 96 : 0;
  const bits = length === undefined ? all : Number(length) - clothes;
  const network = { address, bits };
  return bits >= 0 && bits <= all && isWhole(network) ? network : undefined;
};

const textOf = ({ address, bits }: Network): string => `${address.toString()}/${bits}`;

/** A network in CIDR notation, or one address, in the one form it is kept in: `10.0.0.0/8`, `2001:db8::/32`. Undefined for what is neither. */
export const normalNetwork = (text: string): string | undefined => {
  const network = networkIn(text);
  return network && textOf(network);
};

/** An address in one form, so that two texts of one address are the same; undefined for what is none. */
export const normalIp = (text: string): string | undefined => addressIn(text)?.toString();

const holds = (network: Network, address: Address): boolean =>
  address.kind() === network.address.kind() &&
  (address as ipaddr.IPv4).match(network.address as ipaddr.IPv4, network.bits);

/** Networks that are looked at for each call: read once. */
export type Networks = {
  hold(address: string): boolean;
  /** All of that network lies in one of these. */
  holdAllOf(network: string): boolean;
};

/** What is no network holds nothing. */
export const openNetworks = (texts: readonly string[]): Networks => {
  const networks = texts.map(networkIn).filter((network) => network !== undefined);
  return {
    hold(text) {
      const address = addressIn(text);
      return address !== undefined && networks.some((network) => holds(network, address));
    },
    holdAllOf(text) {
      const inner = networkIn(text);
      return (
        inner !== undefined && networks.some((network) => network.bits <= inner.bits && holds(network, inner.address))
      );
    },
  };
};
