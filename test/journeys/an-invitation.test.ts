import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { furnishBank } from '../../src/cli/furnish.ts';
import { engines, openWorld, operatorKey } from '../support/hub-test.ts';

let browser: Browser;
beforeAll(async () => {
  const quiet = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking';
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: quiet.split(' ') });
});
afterAll(() => browser?.close());

const orgno = '910514318';
const granted = ['altinn:consentrequests.write', 'skatteetaten:inntekt'];

/** A bank whose API owners have let it in, and which has delegated nothing. */
const openStory = async () => {
  // Nothing is looked at unasked: what the page's button does is seen by itself.
  const settings = { HUB_OPERATOR_NAME: 'Nordlys Samtykke AS', HUB_PROBES_PER_SECOND: '0' };
  const world = await openWorld(engines[0] ?? 'postgresql', settings);
  onTestFinished(() => world.close());
  const { url, sandbox } = world;
  const bank = await furnishBank(
    { url, operatorKey, sandboxUrl: sandbox.url },
    {
      orgno,
      name: 'Fjordbanken ASA',
      redirectUrls: ['https://bank.example/done'],
      services: ['ske-inntekt'],
      onboarded: false,
    },
  );
  for (const scope of granted) await sandbox.grant(orgno, scope);
  const invitations = `/operator/v1/tenants/${bank.id}/invitations`;
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  return { ...world, bank, invitations, page };
};

test('an administrator reads what to do, delegates in Altinn, and sees that it is done', async () => {
  const { call, invitations, sandbox, settled, page, logs, metricsUrl, bank } = await openStory();
  const made = await call('operator', 'POST', invitations, { language: 'nb' });
  expect(made).toMatchObject({ status: 201, body: { language: 'nb', openedAt: null, openings: 0 } });
  const link = String(made.body['link']);
  const secret = link.slice(-43);

  // Reading asks nobody outside.
  await settled();
  await sandbox.forget();
  await page.goto(link);
  await page.getByRole('heading', { level: 1, name: 'Slik blir Fjordbanken ASA klar' }).waitFor();
  expect(await page.getByRole('banner').textContent()).toContain('Nordlys Samtykke AS organisasjonsnummer 310149942');
  const toDelegate = page.getByRole('list', { name: 'API-er som skal delegeres' }).getByRole('listitem');
  expect(await toDelegate.allTextContents()).toEqual([
    expect.stringContaining('altinn:consentrequests.write, ikke undersøkt ennå'),
    expect.stringContaining('skatteetaten:inntekt, ikke undersøkt ennå'),
  ]);
  expect(await sandbox.calls('token')).toEqual([]);

  await page.getByRole('button', { name: 'Sjekk på nytt' }).click();
  await page.getByText('2 ting gjenstår hos dere.').waitFor();
  expect(await toDelegate.allTextContents()).toEqual([
    expect.stringContaining('mangler'),
    expect.stringContaining('mangler'),
  ]);
  expect(await sandbox.calls('token')).toHaveLength(2);
  expect(await page.getByRole('main').textContent()).toContain(
    'Maskinporten svarer at dere ikke har delegert dette til Nordlys Samtykke AS i Altinn.',
  );
  await page.getByText('Det ble sjekket for litt siden. Dere kan sjekke på nytt klokken').waitFor();
  expect(await page.getByRole('button', { name: 'Sjekk på nytt' }).count()).toBe(0);

  await page.getByRole('link', { name: 'Åpne delegering i Altinn' }).click();
  expect(new URL(page.url()).href).toBe(`${sandbox.url}/altinn3/accessmanagement/ui/maskinporten#suppliers`);
  await page.getByLabel('Virksomhet').selectOption(orgno);
  await page.getByRole('button', { name: 'Gå videre' }).click();
  for (const api of ['Administrere samtykkeforespørsler', 'Skatteetatens data for finansnæringen']) {
    await page.getByRole('button', { name: `Deleger ${api}` }).click();
    await page.getByRole('status').getByText(`${api} er delegert til Samtykkehuben.`).waitFor();
  }

  await sandbox.advance(61_000);
  await page.goto(`${link}?lang=nn`);
  await page.getByRole('button', { name: 'Sjekk på nytt' }).click();
  await page.getByText('Alt er på plass. De treng ikkje gjere meir.').waitFor();
  expect(await toDelegate.count()).toBe(0);
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByText('Everything is in place. You need not do anything more.').waitFor();
  expect(await page.getByRole('listitem').filter({ hasText: 'In place' }).count()).toBeGreaterThanOrEqual(4);

  const { body: listed } = await call('operator', 'GET', invitations);
  expect(listed['items']).toMatchObject([{ openings: 3, state: 'open', openedAt: expect.any(String) }]);
  expect(JSON.stringify(listed)).not.toContain(secret);
  const { body: audit } = await call('operator', 'GET', `/operator/v1/audit?tenantId=${bank.id}`);
  const actions = (audit['items'] as { action: string }[]).map(({ action }) => action);
  for (const action of ['tenant.invited', 'invitation.opened', 'readiness.checked']) expect(actions).toContain(action);

  // Another link: the old one stops at once, and so does that one when the invitation is withdrawn.
  const { id } = made.body as { id: string };
  const resent = await call('operator', 'POST', `${invitations}/${id}/resend`);
  const other = String(resent.body['link']);
  expect(resent.body).toMatchObject({ id, openings: 0, openedAt: null });
  await page.goto(link);
  await page.getByRole('heading', { name: 'Denne lenken virker ikke' }).waitFor();
  await page.goto(other);
  await page.getByRole('heading', { level: 1, name: 'Slik blir Fjordbanken ASA klar' }).waitFor();
  expect(await call('operator', 'DELETE', `${invitations}/${id}`)).toMatchObject({ status: 204 });
  await page.goto(other);
  await page.getByRole('heading', { name: 'This link does not work' }).waitFor();

  const told = `${logs.join('\n')}${await (await fetch(metricsUrl)).text()}`;
  for (const one of [secret, other.slice(-43)]) expect(told).not.toContain(one);
  expect(told).toContain('"route":"/invitation/:secret"');
});
