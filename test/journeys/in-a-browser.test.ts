import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { browserWaitsMs, engines, openWorld } from '../support/hub-test.ts';

let browser: Browser;
beforeAll(async () => {
  const quiet = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking';
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: quiet.split(' ') });
});
afterAll(() => browser?.close());

const openStory = async () => {
  const world = await openWorld(engines[0] ?? 'postgresql');
  onTestFinished(() => world.close());
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  /** Answers; and once more the way back where Altinn was read later than a browser waits, as on a slow machine. */
  const answer = async (button: string, id: string, status: string, back: RegExp): Promise<void> => {
    const came = performance.now();
    const way = page.waitForRequest(/\/callback\//);
    await page.getByRole('button', { name: button }).click();
    const address = (await way).url();
    await page.waitForURL(back);
    if (performance.now() - came < browserWaitsMs) return;
    await world.becomes('bank', id, status);
    await page.goto(address);
    await page.waitForURL(back);
  };
  return { ...world, page, answer };
};

test('a person goes from the bank to Altinn, says yes, and is back at the bank', async () => {
  const { ask, receiver, page, becomes, answer } = await openStory();
  const { id, approvalUrl } = await ask('bank', { redirectUrl: `${receiver.url}/done?loan=4711` });
  await page.goto(approvalUrl);
  await page.getByLabel('Syntetisk person 1 (259229*****)').check();
  await page.getByRole('button', { name: 'Logg inn' }).click();
  await page.getByRole('heading', { name: 'ber om samtykke' }).waitFor();
  expect(await page.getByRole('main').textContent()).toContain('Banken');
  await page.getByRole('link', { name: 'English' }).click();
  await answer('Yes, I give my consent', id, 'accepted', /\/done\?/);
  expect(page.url()).toBe(`${receiver.url}/done?loan=4711&consent=${id}&status=accepted`);
  expect(await page.content()).toContain('back at the bank');
  await becomes('bank', id, 'accepted');
  await receiver.got('consent.accepted', id);
});

test('a person says no, and the bank’s page is told', async () => {
  const { ask, receiver, page, answer } = await openStory();
  const { id, approvalUrl } = await ask('bank');
  await page.goto(approvalUrl);
  await page.getByLabel('Syntetisk person 1 (259229*****)').check();
  await page.getByRole('button', { name: 'Logg inn' }).click();
  await answer('Nei, jeg gir ikke samtykke', id, 'rejected', /\/done\?/);
  expect(page.url()).toBe(`${receiver.url}/done?consent=${id}&status=rejected`);
});

test('whoever came for an app finds a button that leads back to it', async () => {
  const { ask, call, banks, page, answer } = await openStory();
  const redirectUrl = 'no.bank.app://done';
  await call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { redirectUrls: [redirectUrl] });
  const { id, approvalUrl } = await ask('bank', { redirectUrl });
  await page.goto(approvalUrl);
  await page.getByLabel('Syntetisk person 1 (259229*****)').check();
  await page.getByRole('button', { name: 'Logg inn' }).click();
  await answer('Ja, jeg gir samtykke', id, 'accepted', /\/callback\//);
  const button = page.getByRole('link', { name: /Back to the app|Tilbake til appen/ });
  expect(await button.getAttribute('href')).toBe(`${redirectUrl}?consent=${id}&status=accepted`);
});
