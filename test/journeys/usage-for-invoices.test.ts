import { expect, onTestFinished, test } from 'vitest';
import { usageCsv, usageTable } from '../../src/cli/usage-report/tables.ts';
import { readWords } from '../../src/cli/usage-report/words.ts';
import { runHub } from '../cli/run-hub.ts';
import { id, usage } from '../http/given.ts';
import { openWorld, type TenantName, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { day } from './in-time.ts';

type Usage = Record<string, unknown>;

const usageOf = async ({ call, banks }: World, who: TenantName, month: string): Promise<Usage> => {
  const { body } = await call('operator', 'GET', `/operator/v1/tenants/${banks[who].id}/usage?month=${month}`);
  const items = body['items'] as Usage[];
  expect(items).toHaveLength(1);
  return items[0] ?? {};
};

// On one engine: what is counted never comes by a queue.
test('what a tenant is billed for is what was done, also when what happened has been dropped', async () => {
  const world = await openWorld('postgresql', { HUB_EVENT_RETENTION_DAYS: '7' });
  onTestFinished(world.close);
  const { call, ask, answer, becomes, receiver, sandbox } = world;
  const now = Date.parse(String((await call('bank', 'GET', '/healthz')).body['now']));
  const month = new Date(now).toISOString().slice(0, 7);
  const accepted: string[] = [];
  for (const said of ['accept', 'accept', 'reject'] as const) {
    const { id, approvalUrl } = await ask('bank');
    await answer(approvalUrl, said);
    await becomes('bank', id, `${said}ed`);
    if (said === 'accept') accepted.push(id);
  }
  await ask('insurer');
  for (let many = 0; many < 4; many += 1)
    expect((await call('bank', 'POST', '/v1/tokens', { scope: 'skatteetaten:inntekt' })).status).toBe(200);
  const data = (path: string) => call('bank', 'GET', `/v1/consents/${accepted[0]}/data/${path}`);
  expect((await data('inntekt/%7Bfrom%7D?fraOgMed=2025-01&tilOgMed=2025-03')).status).toBe(200);
  // What the source itself refuses was asked; what the hub does not let out was not.
  expect((await data('inntekt/%7Bfrom%7D?fraOgMed=2020-01&tilOgMed=2020-02')).status).toBe(403);
  expect((await data('something/else')).status).toBe(403);
  await call('bank', 'POST', `/v1/webhook-endpoints/${world.webhook.id}/test`);
  await until('each event to be delivered', async () => {
    const [row] = await rowsOf<{ open: number }>(
      world,
      `select count(*)::int as open from webhook_deliveries where status = 'pending'`,
    );
    return row?.open === 0;
  });
  const delivered = new Set(receiver.received.map(({ event }) => event.id)).size;
  expect(delivered).toBe(7);

  const bank = {
    month,
    consentsRequested: 3,
    consentsAccepted: 2,
    tokensHandedOut: 6,
    dataCalls: 2,
    webhooksDelivered: delivered,
  };
  const counted = await until('all of it to be counted', async () => {
    const so = await usageOf(world, 'bank', month);
    return so['dataCalls'] === 2 && so['tokensHandedOut'] === 6 && so;
  });
  expect(counted).toEqual({ ...bank, isComplete: false });
  const insurer = { month, consentsRequested: 1, consentsAccepted: 0, tokensHandedOut: 0, dataCalls: 0 };
  expect(await usageOf(world, 'insurer', month)).toMatchObject(insurer);
  expect((await call('bank', 'GET', '/v1/usage')).body).toEqual({ items: [counted], next: null });

  // Weeks later all that was counted from is gone.
  await sandbox.advance(40 * day);
  await until('what happened then to be dropped', async () => {
    const [row] = await rowsOf<{ left: number }>(
      world,
      `select (select count(*) from events where timestamp < $1)::int + (select count(*) from webhook_deliveries where created_at < $1)::int as left`,
      [new Date(now + day)],
    );
    return row?.left === 0;
  });
  const { body } = await call('operator', 'GET', `/operator/v1/usage?month=${month}&limit=200`);
  const whose = ({ tenantId }: Usage) => tenantId;
  const { id: bankId, id: tenantId } = world.banks.bank;
  expect((body['items'] as Usage[]).find((one) => whose(one) === bankId)).toMatchObject({
    ...bank,
    tenantId,
    orgno: '313876144',
    name: 'Banken',
    isComplete: true,
  });
  const settings = { DATABASE_URL: world.databaseUrl, HUB_DATABASE_CONNECTIONS: '8' };
  const csv = await runHub(['usage', '--month', month, '--csv'], settings);
  expect(csv).toMatchObject({ code: 0, stderr: '' });
  expect(csv.stdout.split('\r\n')).toEqual(
    expect.arrayContaining([
      'month,tenant,orgno,name,complete,consents_requested,consents_accepted,tokens_handed_out,data_calls,webhooks_delivered',
      // The clock of a command is the machine's: to it the month may still run.
      expect.stringMatching(new RegExp(`^${month},${bankId},313876144,Banken,(yes|no),3,2,6,2,${delivered}$`)),
    ]),
  );
});

test('words that make no months are told what can be asked for, and a table is for people', () => {
  expect(readWords(['--from', '2026-01', '--to', '2026-03', '--csv'])).toEqual({
    span: { from: '2026-01', to: '2026-03' },
    csv: true,
  });
  for (const words of [['--month', '2026-13'], ['--from', '2026-01'], ['--from', '2026-02', '--to', '2026-01'], ['x']])
    expect(readWords(words)).toHaveProperty('usage');
  const row = { ...usage, tenantId: id, orgno: '313876144', name: 'Banken' };
  expect(usageTable([row, { ...row, isComplete: true }])).toMatch(/^2026-11\* +313876144 +Banken +3 +2 +9 +4 +5$/m);
  expect(usageCsv([{ ...row, name: '=cmd(),"x"' }])).toContain(`,"'=cmd(),""x""",no,3,`);
});
