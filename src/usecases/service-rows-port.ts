import type { Fills, Standing } from '../domain/import-plan.ts';
import type { Service } from '../domain/service.ts';

/** The catalogue. */
export type ServiceRows = {
  list(): Promise<Service[]>;
  /** As `list`, with what the last import filled; nobody else changes any service before this transaction ends. */
  lock(): Promise<Standing[]>;
  /** `imported`: what an import filled; without it, what the last one filled stays noted. */
  add(service: Service, now: Date, imported?: Fills): Promise<void>;
  save(service: Service, now: Date, imported?: Fills): Promise<void>;
  /** Does a consent that can still change ask for it? */
  isInUse(key: string): Promise<boolean>;
};
