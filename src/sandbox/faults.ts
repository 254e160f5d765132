import { setTimeout as delay } from 'node:timers/promises';
import type { CallKind, Landing, Reply } from './exchange.ts';
import type { Landings } from './landings.ts';

export type Fault =
  | { kind: 'delay'; ms: number }
  /** `late`: hung up on at once, while what the call changes happens `lateMs` later, or whenever within `landsWithinMs`. */
  | { kind: 'reset'; when: 'before' | 'after' | 'late'; lateMs?: number | undefined }
  | { kind: 'status'; status: number; retryAfter?: number | undefined; body?: string | object | undefined }
  | { kind: 'html'; status: number }
  | { kind: 'no-error-uri' }
  | { kind: 'hold'; when: 'before' | 'after'; name: string };

type PlannedFault = { on: CallKind | 'any'; times: number; fault: Fault };
type Parked = { name: string; on: CallKind; path: string; when: 'before' | 'after' };

export type Faults = {
  plan(fault: PlannedFault): void;
  planned(): PlannedFault[];
  /** The fault that befalls this call, if any; the oldest one that fits, and once less from now on. */
  take(on: CallKind): Fault | undefined;
  /** Does the call under a fault. `reset` means: hang up without a word. */
  perform(
    fault: Fault | undefined,
    call: { on: CallKind; path: string },
    effect: () => Promise<Reply | Landing>,
  ): Promise<Reply | 'reset'>;
  parked(): Parked[];
  /** Waits until somebody is parked under this name; false when nobody was within the time. */
  whenParked(name: string, waitMs: number): Promise<boolean>;
  release(name: string): number;
  /** Forgets what was planned, lets everybody go on and what was late land. */
  clear(): void;
  close(): void;
};

const htmlPage = '<!doctype html><html lang="en"><title>Service unavailable</title><h1>Service unavailable</h1></html>';

const withoutErrorUri = (reply: Reply): Reply => {
  if (typeof reply.body !== 'object') return reply;
  const { error_uri: _, ...body } = reply.body as Record<string, unknown>;
  return { ...reply, body };
};

const landed = (decided: Reply | Landing): Reply => ('land' in decided ? decided.land() : decided);

export const openFaults = (landings: Landings): Faults => {
  let plans: PlannedFault[] = [];
  const parked = new Set<Parked & { go(): void }>();
  const arrivals = new Set<() => void>();
  const closing = new AbortController();

  const park = (call: Parked): Promise<void> =>
    new Promise((resolve) => {
      const entry = {
        ...call,
        go() {
          parked.delete(entry);
          resolve();
        },
      };
      parked.add(entry);
      for (const arrived of [...arrivals]) arrived();
    });

  const releaseWhere = (chosen: (call: Parked) => boolean): number => {
    const going = [...parked].filter(chosen);
    for (const entry of going) entry.go();
    return going.length;
  };

  return {
    plan(fault) {
      plans.push({ ...fault });
    },
    planned: () => plans,
    take(on) {
      const found = plans.find((plan) => plan.on === on || plan.on === 'any');
      if (!found) return undefined;
      found.times -= 1;
      if (found.times <= 0) plans = plans.filter((plan) => plan !== found);
      return found.fault;
    },
    async perform(fault, call, decide) {
      const effect = async () => landed(await decide());
      switch (fault?.kind) {
        case undefined:
          return effect();
        case 'delay':
          await delay(fault.ms, undefined, { signal: closing.signal }).catch(() => undefined);
          return effect();
        case 'reset':
          if (fault.when === 'after') await effect();
          if (fault.when === 'late') {
            const decided = await decide();
            if ('land' in decided) landings.later(() => void decided.land(), fault.lateMs);
          }
          return 'reset';
        case 'status': {
          const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
          return { status: fault.status, headers, ...(fault.body !== undefined && { body: fault.body }) };
        }
        case 'html':
          return { status: fault.status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: htmlPage };
        case 'no-error-uri':
          return withoutErrorUri(await effect());
        case 'hold': {
          const { name, when } = fault;
          if (when === 'before') await park({ ...call, name, when });
          const reply = await effect();
          if (when === 'after') await park({ ...call, name, when });
          return reply;
        }
      }
    },
    parked: () => [...parked].map(({ name, on, path, when }) => ({ name, on, path, when })),
    whenParked: (name, waitMs) =>
      new Promise((resolve) => {
        const isThere = () => [...parked].some((call) => call.name === name);
        const finish = (found: boolean) => {
          clearTimeout(timer);
          arrivals.delete(look);
          resolve(found);
        };
        const look = () => {
          if (isThere()) finish(true);
        };
        const timer = setTimeout(finish, waitMs, false);
        arrivals.add(look);
        look();
      }),
    release: (name) => releaseWhere((call) => call.name === name),
    clear() {
      plans = [];
      releaseWhere(() => true);
      landings.landAll();
    },
    close() {
      closing.abort();
      plans = [];
      releaseWhere(() => true);
    },
  };
};
