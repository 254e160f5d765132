import { Pool } from 'undici';
import { expect, onTestFinished } from 'vitest';
import { until } from '../support/until.ts';
import { bootstrapKey, type StoredHub, storedTest } from './stored-hub.ts';

/** Calls over one connection that is kept, whoever calls: a tenant's name, or the status they are refused with. */
const openConnection = ({ url }: StoredHub) => {
  const pool = new Pool(url, { connections: 1, pipelining: 1 });
  let made = 0;
  pool.on('connect', () => {
    made += 1;
  });
  onTestFinished(() => pool.close());
  const who = async (authorization?: string, path = '/v1/me') => {
    const headers = authorization === undefined ? {} : { authorization };
    const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
    const told = (await body.json()) as { tenant?: { name: string } };
    return statusCode === 200 ? (told.tenant?.name ?? told) : statusCode;
  };
  return { who, made: () => made };
};

const second = async ({ call }: StoredHub) => {
  const { body } = await call(bootstrapKey, 'POST', '/operator/v1/tenants', {
    orgno: '991825827',
    name: 'Forsikringen AS',
    redirectUrls: ['https://insurer.example/done'],
    services: [],
  });
  const path = `/operator/v1/tenants/${body['id']}/api-keys`;
  return String((await call(bootstrapKey, 'POST', path, { name: 'app', scopes: ['keys:write'] })).body['key']);
};

storedTest('keys that are shown by turns over one connection are each their own tenant’s', async ({ openStored }) => {
  const hub = await openStored();
  const bank = `Bearer ${(await hub.tenant()).key}`;
  const insurer = `Bearer ${await second(hub)}`;
  const { who, made } = openConnection(hub);
  expect([await who(bank), await who(insurer), await who(bank), await who(bank), await who(insurer)]).toEqual([
    'Fjordbanken ASA',
    'Forsikringen AS',
    'Fjordbanken ASA',
    'Fjordbanken ASA',
    'Forsikringen AS',
  ]);

  // Whatever stood there before opens nothing for whoever shows nothing, or something else.
  const stranger = `Bearer hub_t_${'x'.repeat(43)}`;
  for (const refused of [
    undefined,
    stranger,
    stranger,
    '',
    'Bearer',
    `${bank}x`,
    `${bank} ${insurer}`,
    `Basic ${bank}`,
  ]) {
    expect([refused, await who(refused)]).toEqual([refused, 401]);
    expect(await who(bank)).toBe('Fjordbanken ASA');
  }
  // An operator's key opens the operator's door alone, and a tenant's key never that.
  const operators = '/operator/v1/tenants';
  for (const shown of [bank, bank]) expect(await who(shown, operators)).toBe(401);
  for (const _ of [1, 2]) {
    expect(await who(`Bearer ${bootstrapKey}`)).toBe(401);
    expect(await who(`Bearer ${bootstrapKey}`, operators)).toMatchObject({ items: expect.any(Array) });
  }
  expect(await who(bank)).toBe('Fjordbanken ASA');
  expect(made()).toBe(1);
});

storedTest(
  'a key that is revoked, or ends, is refused over the connection that showed it all along',
  async ({ openStored }) => {
    const hub = await openStored();
    const elsewhere = await hub.another();
    const { key } = await hub.tenant();
    const make = (more: object = {}) =>
      hub.call(key, 'POST', '/v1/api-keys', { name: 'app', scopes: ['consents:read'], ...more });
    const revoke = (by: StoredHub, id: unknown) => by.call(key, 'DELETE', `/v1/api-keys/${id}`);
    const { who, made } = openConnection(hub);

    const { body: here } = await make();
    const { body: there } = await make();
    const { body: short } = await make({ expiresAt: new Date(hub.clock.now().getTime() + 60_000).toISOString() });
    const shown = ({ key: text }: Record<string, unknown>) => `Bearer ${text}`;
    expect(await who(shown(here))).toBe('Fjordbanken ASA');
    await revoke(hub, here['id']);
    expect([await who(shown(here)), await who(shown(here))]).toEqual([401, 401]);

    // Another process tells; until then nothing but the same key is shown here.
    expect(await who(shown(there))).toBe('Fjordbanken ASA');
    await revoke(elsewhere, there['id']);
    await until('the word of it', async () => (await who(shown(there))) === 401);

    expect(await who(shown(short))).toBe('Fjordbanken ASA');
    hub.clock.move(60_000);
    expect(await who(shown(short))).toBe(401);
    expect(await who(`Bearer ${key}`)).toBe('Fjordbanken ASA');
    expect(made()).toBe(1);
  },
);
