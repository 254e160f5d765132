import type { Parts } from '../memory.ts';

/** As long as a change that was sent may take to arrive, whatever became of whoever sent it. */
const usualMs = 60_000;

/**
 * One at a time over all processes: nobody at Digdir notices that a client was changed between reading and writing it. `hold`
 * makes sure, before each change, that it is still ours, and begins its time anew.
 */
export type Lease = { hold(): Promise<boolean>; drop(): Promise<void> };

type Needed = {
  store: Pick<Parts['store'], 'asOperator'>;
  ids: Parts['ids'];
  settings: { leaseMs?: number | undefined };
};

export const leaseMs = ({ settings }: Pick<Needed, 'settings'>): number => settings.leaseMs ?? usualMs;

/** Undefined while another has it. */
export const takeLease = async (parts: Needed, name: string): Promise<Lease | undefined> => {
  const { store, ids } = parts;
  const holder = ids.uuid();
  const hold = () => store.asOperator((rows) => rows.leases.hold(name, holder, leaseMs(parts)));
  return (await hold()) ? { hold, drop: () => store.asOperator((rows) => rows.leases.drop(name, holder)) } : undefined;
};

export const keysLease = (clientId: string): string => `keys ${clientId}`;
