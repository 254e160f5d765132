import { Problem } from '../../domain/problem.ts';
import { mostReplayed, replayEveryMs, replayedTypes } from '../../domain/replay.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { ReplayAsk } from '../replay-port.ts';
import type { TenantRows } from '../store-port.ts';
import type { UseCases } from '../use-cases.ts';
import { limitByHand } from './by-hand.ts';

const periodFault = (field: '/since' | '/until', detail: string): Problem =>
  new Problem('replay-period-invalid', `${field.slice(1)} ${detail}`, {
    errors: [{ field, code: 'replay-period-invalid', detail }],
  });

/** Events of that time may have been dropped: whoever counts on a replay of all of them must hear of it. */
const checkKept = async ({ replays }: TenantRows, since: Date): Promise<void> => {
  const oldest = await replays.oldest();
  if (!oldest || oldest.sequence === 1 || oldest.timestamp <= since) return;
  const detail = `must not lie before ${oldest.timestamp.toISOString()}: what happened earlier is not kept`;
  throw new Problem('replay-too-old', `since ${detail}`, {
    errors: [{ field: '/since', code: 'replay-too-old', detail }],
  });
};

/**
 * Sends an endpoint again what happened, from the list of events: also what happened before there was this endpoint, or while it was
 * disabled. Spaced, and marked as a replay. Safe to repeat: what is on its way already is not sent twice.
 */
export const replayEvents =
  (parts: Pick<Parts, 'clock' | 'ids' | 'store'>): UseCases['replayEvents'] =>
  (by, endpointId, { since, until, types, consentId, dryRun }: ReplayAsk) => {
    const { clock, store } = parts;
    const { tenantId } = by.caller;
    const now = clock.now();
    if (since >= now) throw periodFault('/since', 'must lie in the past');
    if (until && until <= since) throw periodFault('/until', 'must lie after since');
    return store.asTenant(tenantId, async (rows) => {
      const missing = new Problem('webhook-endpoint-not-found', 'No webhook endpoint with this id');
      if (!(await rows.endpoints.find(endpointId))) throw missing;
      await limitByHand(rows, clock, 'webhook-endpoint.replayed');
      const endpoint = await rows.endpoints.keep(endpointId);
      if (!endpoint) throw missing;
      if (endpoint.status === 'disabled')
        throw new Problem('webhook-endpoint-disabled', 'Enable the endpoint first: nothing is sent to it now');
      await checkKept(rows, since);
      const wish = { endpointId, since, until: until ?? now, types: replayedTypes(endpoint.events, types), consentId };
      const count = dryRun
        ? await rows.replays.count(wish, mostReplayed)
        : await rows.replays.owe(wish, mostReplayed, replayEveryMs, now);
      if (count > mostReplayed)
        throw new Problem('replay-too-large', `These are more than ${mostReplayed} events: ask for fewer at a time`);
      if (count === 0 && !dryRun)
        throw new Problem('replay-empty', 'Nothing that this endpoint wants happened then, or all of it is on its way');
      const details = {
        since: since.toISOString(),
        ...(until ? { until: until.toISOString() } : {}),
        ...(types ? { types } : {}),
        ...(consentId === undefined ? {} : { consentId }),
        dryRun,
        count,
      };
      await rows.audit.add(auditEntry(parts, by, 'webhook-endpoint.replayed', endpointId, details, tenantId));
      return { count };
    });
  };
