import { Problem } from '../../domain/problem.ts';
import type { Place, SealingRing } from '../../lib/seal.ts';
import { auditEntry } from '../audit.ts';
import { cursorsOf } from '../events/cursors.ts';
import type { Parts } from '../memory.ts';
import type { Delivery, UseCases } from '../use-cases.ts';
import type { KeptDelivery } from '../webhook-rows-port.ts';
import { limitByHand } from './by-hand.ts';

type Verbs = Pick<UseCases, 'listDeliveries' | 'readDelivery' | 'retryDelivery'>;

export const answerPlace = (tenantId: string, deliveryId: string, number: number): Place => ({
  tenantId,
  table: 'webhook_attempts',
  column: 'answer_sealed',
  row: `${deliveryId}/${number}`,
});

const opened = (sealing: SealingRing, tenantId: string, { attempts, ...delivery }: KeptDelivery): Delivery => ({
  ...delivery,
  attempts: attempts.map(({ answerSealed, ...attempt }) => ({
    ...attempt,
    ...(answerSealed
      ? { answer: sealing.open(answerPlace(tenantId, delivery.id, attempt.number), answerSealed).toString() }
      : {}),
  })),
});

/** How what happened was told. */
export const deliveries = (parts: Parts): Verbs => {
  const { clock, store, sealing } = parts;
  return {
    async listDeliveries({ caller }, endpointId, { cursor, limit, ...filter }) {
      const cursors = await cursorsOf(parts, caller.tenantId, `deliveries ${endpointId}`);
      const before = cursor === undefined ? undefined : cursors.read(cursor);
      const page = await store.asTenant(caller.tenantId, async (rows) => {
        if (!(await rows.endpoints.find(endpointId)))
          throw new Problem('webhook-endpoint-not-found', 'No webhook endpoint with this id');
        return rows.deliveries.list(endpointId, { cursor: before, limit }, filter);
      });
      return {
        items: page.items.map((delivery) => opened(sealing, caller.tenantId, delivery)),
        ...(page.next === undefined ? {} : { next: cursors.write(page.next) }),
      };
    },
    async readDelivery({ caller }, id) {
      const found = await store.asTenant(caller.tenantId, (rows) => rows.deliveries.find(id));
      if (!found) throw new Problem('delivery-not-found', 'No delivery with this id');
      return opened(sealing, caller.tenantId, found);
    },
    retryDelivery: (by, id) =>
      store.asTenant(by.caller.tenantId, async (rows) => {
        const { tenantId } = by.caller;
        const found = await rows.deliveries.find(id);
        if (!found) throw new Problem('delivery-not-found', 'No delivery with this id');
        await limitByHand(rows, clock, 'delivery.retried');
        const now = clock.now();
        // One that was delivered is left alone: never again after a recorded 2xx.
        if (found.status !== 'delivered') {
          const endpoint = await rows.endpoints.keep(found.endpointId);
          if (!endpoint) throw new Problem('webhook-endpoint-not-found', 'Its endpoint was removed');
          if (endpoint.status === 'disabled')
            throw new Problem('webhook-endpoint-disabled', 'Enable the endpoint first: nothing is sent to it now');
          await rows.endpoints.tryAtOnce(found.endpointId, now);
          await rows.deliveries.reopen(id, now);
        }
        await rows.audit.add(auditEntry(parts, by, 'delivery.retried', id, { status: found.status }, tenantId));
        const after = await rows.deliveries.find(id);
        return opened(sealing, tenantId, after ?? found);
      }),
  };
};
