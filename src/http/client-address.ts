import type { IncomingMessage } from 'node:http';
import { normalIp, openNetworks } from '../lib/networks.ts';

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` and `[2001:db8::1]:4711`: all are written by one proxy or another. */
const hop = (text: string): string | undefined => {
  const [, inBrackets, v4] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+)(?::\d+)?)$/.exec(text) ?? [];
  return normalIp(inBrackets ?? v4 ?? text);
};

/**
 * Who calls. `X-Forwarded-For` grows to the right, and what stands left of the last proxy of ours anybody may have made up:
 * it is read from the right, through proxies that are trusted and no further. Empty where a proxy of ours did not say
 * an address: then nobody knows.
 */
export const clientAddress = (trusted: readonly string[]): ((request: IncomingMessage) => string) => {
  const proxies = openNetworks(trusted);
  const isProxy = (address: string): boolean => trusted.length > 0 && proxies.hold(address);
  return ({ socket, headers }) => {
    const peer = socket.remoteAddress ?? '';
    const near = peer.startsWith('::ffff:') ? (normalIp(peer) ?? peer) : peer;
    if (!isProxy(near)) return near;
    const said = headers['x-forwarded-for'] ?? '';
    let at = near;
    for (const text of (typeof said === 'string' ? said : said.join(',')).split(',').reverse()) {
      if (text.trim() === '') return at === near ? near : '';
      const address = hop(text.trim());
      if (address === undefined) return '';
      if (!isProxy(address)) return address;
      at = address;
    }
    return at;
  };
};
