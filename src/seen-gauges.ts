import { Gauge, type Registry } from 'prom-client';
import { remember } from './lib/remember.ts';

/** Looks go over all tenants: however many ask and however often, no more than that. */
const lookEveryMs = 5000;

type Told<L extends string> = (labels: Record<L, string>, value: number) => void;

/**
 * Gauges that are read out of one look at the database, which they share. Each is told anew as a whole: what is not there any
 * more goes from it, and while the database is away it is left out.
 */
export const seenGauges = <S extends object>(registry: Registry, look: () => Promise<S>) => {
  const seen = remember(look, lookEveryMs);
  return <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    tell: (seen: S, told: Told<L>) => void,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const found = await seen.get('').catch(() => undefined);
        this.reset();
        if (found) tell(found, (labels, value) => this.set(labels, value));
      },
    });
  };
};
