import type { Clock } from '../../lib/clock.ts';
import type { ReadBearer } from '../bearer.ts';
import type { Ask, Endpoint, Landing, Reply } from '../exchange.ts';
import type { Settings } from '../settings.ts';
import type { Client, World } from '../world.ts';
import { type Deed, openCaller, scopesFor } from './caller.ts';
import { refusalReply, SelfServiceRefused } from './refusals.ts';

export type SelfService = { world: World; settings: Settings; clock: Clock; readBearer: ReadBearer; since: Date };

/** Where the self-service API lies in the sandbox. */
export const base = '/sandbox/api/v1';

type Handle = (ask: Ask, orgno: string) => Reply | Landing;

/** An endpoint for whoever holds the scope that this deed takes; what its handler refuses becomes an answer. */
export const guarded = ({ settings, clock, readBearer }: SelfService) => {
  const caller = openCaller(readBearer, settings);
  return (method: Endpoint['method'], path: string, deed: Deed, handle: Handle): Endpoint => ({
    on: 'selfservice',
    method,
    path: `${base}${path}`,
    async handle(ask) {
      try {
        return handle(ask, await caller(ask.headers, scopesFor(deed)));
      } catch (error) {
        if (error instanceof SelfServiceRefused) return refusalReply(error, clock.now());
        throw error;
      }
    },
  });
};

/** One of the caller's own; those of others are not there. */
export const ownClient = ({ clients }: World, orgno: string, id: string | undefined): Client => {
  const client = clients.get(id ?? '');
  if (client?.orgno !== orgno) throw new SelfServiceRefused(404, 'not_found', `Client ${id} not found`);
  return client;
};
