import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';
import type { PrivateTarget } from '../../domain/receiver.ts';
import { egressRules, portOf } from './egress-rules.ts';
import { ConnectRefused, checkedAddresses, guardedConnect } from './guarded-connect.ts';
import { type OwnPlaces, ownPlaces, type Place } from './own-places.ts';
import { type Answered, postOnce } from './post-once.ts';
import { proxyTunnel } from './proxy-tunnel.ts';
import { type Resolve, resolveNames } from './resolve-names.ts';

export type DoorOptions = {
  production: boolean;
  /** `host:port` or address ranges that may be reached although not public. Counts for nothing in production. */
  allow: readonly string[];
  /** PEM, trusted beside those that are trusted anyway. */
  certificates?: readonly string[] | undefined;
  /** What all connections go through. */
  proxy?: string | undefined;
  /** The hub's own stores and listeners. */
  own?: () => readonly Place[];
  timeoutMs: number;
  resolve?: Resolve | undefined;
};

/** A certificate of ours, by a name of its own (`version`). */
export type Certificate = { version: string; certificate: string; privateKey: string };

type Call = {
  /** Whose call it is: tenants share no connections, also to a receiver that several of them have. */
  tenantId: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  opened?: PrivateTarget | undefined;
  certificate?: Certificate | undefined;
  /** So much of an answer is read, and no more. */
  maxBytes: number;
};

export type EgressDoor = {
  /** Posts, and follows no redirects. @throws whatever went wrong, before there was a status */
  post(call: Call, signal: AbortSignal): Promise<Answered>;
  /** Why it would not be sent to, as far as its text tells. */
  fault(url: string, opened?: PrivateTarget): string | undefined;
  /** As `fault`, and asks what its name stands for. One that stands for nothing now may do so later. */
  look(url: string, opened?: PrivateTarget): Promise<string | undefined>;
  /** Why nobody can allow that as a private receiver. */
  lookAtOpened(opened: PrivateTarget): Promise<string | undefined>;
  close(): Promise<void>;
};

/** To one place: as many as serve what one tenant may have under way (jobs.ts) in eight rounds, within a try of ten seconds. */
const connections = 24;
/** Twice what a process may have under way (jobs.ts), so that one in use is hardly put out for another; if it is, its calls end first. */
const maxPools = 4096;
/** Addresses whose text was read, kept as what it says: they are sent to over and over. */
const maxRead = 4096;
/** One that nobody has used for so long is closed. */
const idleMs = 60_000;
const closingMs = 5000;
/** For somebody who waits for the answer to a call of theirs. */
const lookMs = 1500;

/** The one way out to addresses that tenants chose, and so to none that is not public unless somebody else allowed it. */
export const openEgressDoor = (options: DoorOptions): EgressDoor => {
  const { production, allow, certificates = [], proxy, own = () => [], timeoutMs, resolve = resolveNames } = options;
  const rules = egressRules({ production, allow });
  const trusted = certificates.length === 0 ? undefined : [...getCACertificates('default'), ...certificates];
  const places: OwnPlaces = ownPlaces(own);
  const guard = {
    rules,
    resolve,
    own: places,
    connectMs: timeoutMs,
    ...(proxy === undefined ? {} : { tunnel: proxyTunnel(proxy, trusted) }),
  };
  const trusting = trusted && createSecureContext({ ca: trusted });
  const contextFor = (mine: Certificate | undefined): SecureContext | undefined =>
    mine === undefined
      ? trusting
      : createSecureContext({ cert: mine.certificate, key: mine.privateKey, ...(trusted ? { ca: trusted } : {}) });

  const leaving = new Set<Promise<void>>();
  const leave = (pool: Pool): void => {
    const closed = pool.close().finally(() => leaving.delete(closed));
    leaving.add(closed);
  };
  const pools = new LRUCache<string, Pool>({ max: maxPools, ttl: idleMs, updateAgeOnGet: true, dispose: leave });
  const sweep = setInterval(() => pools.purgeStale(), idleMs).unref();

  /**
   * Connections are shared by nothing but calls of one tenant, to one place, with the same certificate and the same leave
   * to go there: calls that hang hold up nobody else's, and what was allowed once is not used after that.
   */
  const poolFor = ({ tenantId, opened, certificate }: Call, origin: string): Pool => {
    const name = [tenantId, origin, opened?.host, opened?.port, certificate?.version].join(' ');
    const known = pools.get(name);
    if (known) return known;
    const connect = guardedConnect(guard, { opened, secureContext: contextFor(certificate) });
    const pool = new Pool(origin, { connect, connections, keepAliveMaxTimeout: 30_000, allowH2: false });
    pools.set(name, pool);
    return pool;
  };

  const known = new LRUCache<string, { origin: string; path: string; fault?: string }>({ max: maxRead });
  /** What the text of an address says, and why it is not sent to: the same text says the same as long as we run. */
  const readAddress = ({ url, opened }: Call) => {
    const name = opened ? `${opened.host}:${opened.port} ${url}` : url;
    const found = known.get(name);
    if (found) return found;
    const fault = rules.fault(url, opened);
    const { origin, pathname, search } = fault === undefined ? new URL(url) : { origin: '', pathname: '', search: '' };
    const read = { origin, path: pathname + search, ...(fault === undefined ? {} : { fault }) };
    known.set(name, read);
    return read;
  };

  /** Resolves within the time that somebody waits; no answer is no fault. */
  const addressFault = async (url: URL, opened: PrivateTarget | undefined): Promise<string | undefined> => {
    const target = { protocol: url.protocol, hostname: url.hostname, port: portOf(url) };
    const late = sleep(lookMs, undefined, { ref: false });
    const looked = checkedAddresses(guard, target, opened).then(
      () => undefined,
      (error: unknown) =>
        error instanceof ConnectRefused && error.why === 'refused-address'
          ? 'stands for an address that is not sent to'
          : undefined,
    );
    return Promise.race([looked, late]);
  };

  return {
    fault: rules.fault,
    look: async (url, opened) => rules.fault(url, opened) ?? (await addressFault(new URL(url), opened)),
    async lookAtOpened(opened) {
      const url = `https://${opened.host}:${opened.port}/`;
      return rules.openedFault(opened) ?? rules.fault(url, opened) ?? (await addressFault(new URL(url), opened));
    },
    async post(call, signal) {
      const { origin, path, fault } = readAddress(call);
      if (fault !== undefined) throw new ConnectRefused('refused-address');
      const headers = { 'user-agent': 'samtykkehub', ...call.headers };
      return postOnce(poolFor(call, origin), { path, headers, body: call.body }, call.maxBytes, signal);
    },
    async close() {
      clearInterval(sweep);
      const all = [...pools.values()];
      pools.clear();
      const timer = setTimeout(() => {
        for (const pool of all) void pool.destroy();
      }, closingMs);
      await Promise.all(leaving);
      clearTimeout(timer);
    },
  };
};
