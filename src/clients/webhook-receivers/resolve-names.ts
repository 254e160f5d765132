import { lookup, Resolver } from 'node:dns/promises';

/** All addresses a name stands for. */
export type Resolve = (hostname: string, isLocal: boolean) => Promise<string[]>;

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
