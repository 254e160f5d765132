import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { mustCall } from '../../src/cli/call-json.ts';
import { sharesOf } from '../../src/connections.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import { openLog } from '../../src/lib/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { until } from '../support/until.ts';
import { openHubWithSandbox, organizationNumbers } from './banks.ts';
import { operatorKey } from './ground.ts';
import { startProcess } from './processes.ts';

/** Of a consent of its own, and of its size. */
export const event = (): NewEvent => {
  const consentId = randomUUID();
  const rights = [{ service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } }];
  const consent = {
    ...{ id: consentId, status: 'accepted', version: 3, rights, reference: 'loan-4711', upstream: null, problem: null },
    ...{ validTo: '2027-01-01T12:00:00.000Z', redirectUrl: 'https://bank.example/done?loan=4711' },
    approvalUrl: `https://am.ui.at22.altinn.cloud/accessmanagement/ui/consent/request?id=${consentId}`,
    createdAt: '2026-11-26T12:00:00.000Z',
  };
  return { id: randomUUID(), type: 'consent.accepted', consentId, data: { consent } as never };
};

/** A hub, a receiver of a few lines, and so many tenants whose events go there; written as the hub's own processes would. */
export const openWebhookPlace = async (tenants: number) => {
  const hub = await openHubWithSandbox();
  const { databaseUrl, directory } = hub.ground;
  const process = await startProcess('receiver', ['test/bench/bare/receiver.ts'], {}, directory);
  const receiver = process.ready['url'] ?? '';
  const login = new pg.Client({ connectionString: databaseUrl, options: '-c role=hub_operator' });
  await login.connect();
  const store = await openStore({
    ...{ url: databaseUrl, directUrl: databaseUrl, production: false, log: openLog('silent') },
    connections: sharesOf(20, { isWorker: false, queuesInPostgres: false }),
  });
  const openTenant = async (orgno: string): Promise<string> => {
    const tenant = { orgno, name: `Bank ${orgno}`, redirectUrls: ['https://bank.example/done'], services: [] };
    const { id } = await mustCall('POST', `${hub.url}/operator/v1/tenants`, operatorKey, tenant);
    const ask = { name: 'app', scopes: ['webhooks:write'] };
    const { key } = await mustCall('POST', `${hub.url}/operator/v1/tenants/${id}/api-keys`, operatorKey, ask);
    await mustCall('POST', `${hub.url}/v1/webhook-endpoints`, String(key), { url: `${receiver}/${orgno}` });
    return String(id);
  };
  const append = (tenantId: string, events: NewEvent[]): Promise<void> =>
    store.asTenant(tenantId, (rows) => rows.events.append(events, new Date()));
  const now = () => performance.timeOrigin + performance.now();
  return {
    hub,
    receiver,
    login,
    tenantIds: await Promise.all(organizationNumbers(tenants).map(openTenant)),
    append,
    /** From the commit of one more event until the receiver has it, in milliseconds. */
    async arrival(tenantId: string): Promise<number> {
      const told = event();
      await append(tenantId, [told]);
      const committed = now();
      const address = `${receiver}/arrived/${told.id}`;
      const at = await until('the webhook', async () => Number(await (await fetch(address)).text()) || undefined);
      return at - committed;
    },
    async close(): Promise<void> {
      await store.close();
      await login.end();
      await process.stop();
      await hub.close();
    },
  };
};

export type WebhookPlace = Awaited<ReturnType<typeof openWebhookPlace>>;
