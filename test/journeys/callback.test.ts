import pg from 'pg';
import { expect } from 'vitest';
import { browserWaitsMs, hubTest, type World } from '../support/hub-test.ts';
import { inTime, minute, second } from './in-time.ts';

/** Where Altinn sends the browser: read from what it was sent, since nothing else knows. */
const addressBack = async ({ sandbox }: World, id: string): Promise<string> => {
  const sent = (await sandbox.calls('create')).map(({ body }) => body as { id: string; redirectUrl: string });
  return sent.find((body) => body.id === id)?.redirectUrl ?? '';
};

const visit = (address: string, headers: Record<string, string> = {}) =>
  fetch(address, { redirect: 'manual', headers });
/** As it is sent on once Altinn has been read: a slow machine may take longer to than a browser waits. */
const visitOnceRead = async (world: World, id: string, address: string, headers: Record<string, string> = {}) => {
  const came = performance.now();
  const told = await visit(address, headers);
  if (performance.now() - came < browserWaitsMs) return told;
  await world.becomes('bank', id, 'accepted');
  return visit(address, headers);
};
const statusIn = (response: Response) => new URL(response.headers.get('location') ?? '').searchParams.get('status');

hubTest('the way back works again and again, and what it carries is kept as a digest alone', async (world) => {
  const { receiver, sandbox, adminUrl } = world;
  const { id } = await world.ask('bank', { redirectUrl: `${receiver.url}/done?loan=4711&status=mine` });
  const address = await addressBack(world, id);
  const state = new URL(address).pathname.split('/').at(-1) ?? '';
  expect(state).toMatch(/^[\w-]{22}$/); // 128 bits
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  const { rows } = await client.query('select digest, consent_id from callback_states');
  await client.end();
  expect(rows).toMatchObject([{ consent_id: id }]);
  expect((rows[0] as { digest: Buffer }).digest).toHaveLength(32);

  await sandbox.person(id, 'accept');
  const first = await visitOnceRead(world, id, `${address}?Status=OK`);
  expect(first.status).toBe(303);
  expect(first.headers.get('location')).toBe(`${receiver.url}/done?loan=4711&status=accepted&consent=${id}`);
  for (let again = 0; again < 3; again += 1)
    expect((await visit(`${address}?Status=OK`)).headers.get('location')).toBe(first.headers.get('location'));
  await receiver.got('consent.accepted', id);
  await world.settled();
  expect(receiver.received).toHaveLength(2);
});

hubTest('what the browser claims is not believed', async (world) => {
  const { id } = await world.ask('bank');
  const address = await addressBack(world, id);
  const told = await visit(`${address}?Status=OK`);
  expect(statusIn(told)).toBe('pending');
  expect(await world.status('bank', id)).toBe('pending');
});

hubTest('a state that is wrong, cut or made up leads nowhere', async (world) => {
  const { url } = world;
  const { id } = await world.ask('bank');
  const address = await addressBack(world, id);
  const swapped = `${address.slice(0, -1)}${address.endsWith('A') ? 'B' : 'A'}`;
  const wrong = [
    swapped,
    address.slice(0, -1),
    `${address}A`,
    `${url}/callback/${'a'.repeat(22)}`,
    `${url}/callback/${id}`,
  ];
  for (const one of [...wrong, `${url}/callback/x?redirect=https://evil.example`]) {
    const told = await visit(one);
    expect([one, told.status, told.headers.get('location')]).toEqual([one, 404, null]);
    expect(told.headers.get('content-type')).toContain('text/html');
    const page = await told.text();
    expect(page).toContain('Denne lenken virker ikke');
    expect(page).not.toContain('evil');
  }
});

hubTest('however often it is called, Altinn is asked once in two seconds', async (world) => {
  const { sandbox } = world;
  const { id } = await world.ask('bank');
  const address = await addressBack(world, id);
  await world.settled();
  await sandbox.forget();
  const came = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => visit(address)));
  await Promise.all(Array.from({ length: 20 }, () => visit(address)));
  await world.settled();
  const passed = performance.now() - came;
  const reads = (await sandbox.calls('get')).length;
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThanOrEqual(1 + Math.ceil(passed / 2000));
});

hubTest('a browser waits three seconds at most, and the bank is told all the same', async (world) => {
  const { sandbox, receiver } = world;
  const { id } = await world.ask('bank');
  const address = await addressBack(world, id);
  // Before the person answers: a look at the usual pace may come between.
  await sandbox.fault('get', { kind: 'hold', when: 'before', name: 'slow' });
  await sandbox.person(id, 'accept');
  const came = performance.now();
  const told = await visit(address);
  expect(statusIn(told)).toBe('pending');
  expect(performance.now() - came).toBeLessThan(6000);
  await sandbox.parked('slow');
  await sandbox.release('slow');
  await receiver.got('consent.accepted', id);
  expect(statusIn(await visit(address))).toBe('accepted');
});

hubTest('who never comes back is found by looking: quickly at first, then slower', async (world) => {
  const { sandbox } = world;
  const { id } = await world.ask('bank');
  await sandbox.person(id, 'accept');
  await sandbox.advance(5 * second);
  await world.becomes('bank', id, 'accepted');
  const { id: late } = await world.ask('bank');
  await sandbox.advance(2 * 60 * minute);
  await world.settled();
  await sandbox.forget();
  await inTime(world, 'Altinn to be asked again', 5 * minute, async () => (await sandbox.calls('get')).length > 0);
  await sandbox.person(late, 'accept');
  await inTime(world, 'it to be seen', 5 * minute, async () => (await world.status('bank', late)) === 'accepted');
});

hubTest('an app’s address gets a page with a button, in the language of the browser', async (world) => {
  const { call, banks, sandbox } = world;
  const redirectUrl = 'no.bank.app:/done';
  await call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { redirectUrls: [redirectUrl] });
  const { id } = await world.ask('bank', { redirectUrl });
  const address = await addressBack(world, id);
  await sandbox.person(id, 'accept');
  for (const [language, button] of [
    ['nb', 'Tilbake til appen'],
    ['en-GB,en;q=0.9', 'Back to the app'],
  ] as const) {
    const told = await visitOnceRead(world, id, address, { 'accept-language': language });
    expect(told.status).toBe(200);
    expect(told.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await told.text();
    expect(page).toContain(button);
    expect(page).toContain(`href="${redirectUrl}?consent=${id}&amp;status=accepted"`);
  }
});
