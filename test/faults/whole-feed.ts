import { expect } from 'vitest';
import type { TenantName } from '../support/hub-test.ts';
import type { FaultHub } from './hub-of-processes.ts';

export const tenants: readonly TenantName[] = ['bank', 'insurer'];

export type Told = {
  id: string;
  type: string;
  sequence: number;
  data: { consent?: { id: string; version: number } };
};

/** All events of a tenant, in order; they are numbered without holes. */
export const wholeFeed = async (hub: FaultHub, who: TenantName): Promise<Told[]> => {
  const events: Told[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await hub.call(who, 'GET', `/v1/events?limit=200${cursor}`);
    const items = body['items'] as Told[];
    events.push(...items);
    if (items.length === 0) break;
    cursor = `&cursor=${String(body['next'])}`;
  }
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  return events;
};

export const nothingIsSentTwice = async (hub: FaultHub): Promise<void> =>
  expect(
    await hub.rows(
      `select tenant_id, delivery_id from webhook_attempts where http_status between 200 and 299
       group by tenant_id, delivery_id having count(*) > 1`,
    ),
    'a webhook was sent again after a recorded 2xx',
  ).toEqual([]);
