import {
  type CataloguedScope,
  type ClientPlan,
  type DigdirClient,
  planClient,
  scopeNotes,
  type WantedClient,
} from '../../domain/client-plan.ts';
import { Problem } from '../../domain/problem.ts';
import type { ClientWithKeys } from '../memory.ts';
import { applyPlan } from './apply-client.ts';
import { begunBefore } from './make-client.ts';
import { selfServiceToken } from './self-service-token.ts';
import type { SyncParts } from './sync-parts.ts';

/** `wanted` beside the clients that the hub has: one of the same name has these scopes then. */
export type SyncAsk = { wanted: readonly WantedClient[]; apply: boolean; prune: boolean };

/** One client, as it was planned, and whether it was done. */
export type SyncRow = ClientPlan & { applied: boolean };

/**
 * Brings the operator's clients at Digdir in step with what the hub has and what is wanted beside, or only tells what that would
 * change. Each client is for itself: one that is refused stops no other.
 *
 * @throws Problem when the self-service API is not open to the hub at all
 */
export const syncClients = (parts: SyncParts) => {
  const { clock, store, selfService, scopeCatalogue, log } = parts;
  const token = selfServiceToken(parts);
  const apply = applyPlan(parts, token);

  const catalogueOf = async (
    scopes: readonly string[],
    signal: AbortSignal,
  ): Promise<CataloguedScope[] | undefined> => {
    try {
      return await scopeCatalogue.describe([...new Set(scopes)], signal);
    } catch (error) {
      log.warn({ error }, 'the catalogue of scopes was not read');
      return undefined;
    }
  };

  return async (ask: SyncAsk, tell: (row: SyncRow) => void, signal: AbortSignal): Promise<void> => {
    const bearer = await token(signal);
    const theirs = await selfService.listClients(bearer, signal);
    const granted = await selfService.grantedScopes(bearer, signal);
    const clients = await store.asOperator((rows) => rows.clients.list());
    const known = clients.map(({ clientId }) => clientId);
    const held = clients.map((ours) => {
      const { name, purpose, scopes } = ours;
      return { wanted: ask.wanted.find((one) => one.name === name) ?? { name, purpose, scopes }, ours };
    });
    const fresh = ask.wanted.filter((one) => !held.some(({ ours }) => ours.name === one.name));
    const targets = [...held, ...fresh.map((wanted) => ({ wanted, ours: undefined }))];
    const catalogue = await catalogueOf(
      targets.flatMap(({ wanted }) => wanted.scopes),
      signal,
    );

    const rowOf = async (wanted: WantedClient, ours: ClientWithKeys | undefined): Promise<SyncRow> => {
      const found: DigdirClient | undefined = ours
        ? theirs.find(({ clientId }) => clientId === ours.clientId)
        : begunBefore(theirs, wanted, known);
      const set = found ? await selfService.readKeys(await token(signal), found.clientId, signal) : [];
      const plan = planClient({ wanted, ours, theirs: found, set, prune: ask.prune }, clock.now());
      if (catalogue && wanted.purpose !== 'admin') plan.notes.push(...scopeNotes(wanted.scopes, catalogue, granted));
      if (!ask.apply || plan.problem || plan.steps.length === 0) return { ...plan, applied: false };
      try {
        const { clientId, notes } = await apply({ wanted, plan, ours: ours?.id, theirs: found, known }, signal);
        return { ...plan, clientId, notes: [...notes, ...plan.notes], applied: true };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        return { ...plan, applied: false, problem: { code: error.code, detail: error.detail } };
      }
    };

    for (const { wanted, ours } of targets) {
      if (signal.aborted) return;
      try {
        tell(await rowOf(wanted, ours));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const { name, purpose } = wanted;
        const problem = { code: error.code, detail: error.detail };
        tell({ name, purpose, steps: [], notes: [], problem, applied: false });
      }
    }
  };
};
