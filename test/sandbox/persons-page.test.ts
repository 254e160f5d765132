import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bank, openNeighbour, orgUrn, personUrn } from './neighbour.ts';

let browser: Browser;
beforeAll(async () => {
  const quiet = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking';
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', ...quiet.split(' '), '--disable-component-update', '--disable-sync'],
  });
}, 60_000);
afterAll(() => browser?.close());

/** Where the consumer wants the browser back, on another host name than the page's own. */
const openReturnAddress = async () => {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(request.url ?? '');
    response.setHeader('content-type', 'text/html').end('<title>Back</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  onTestFinished(() => server.closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/back?x=1`, visits };
};

const openPage = async (): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, colorScheme: 'light' });
  onTestFinished(() => context.close());
  return context.newPage();
};

const picture = async (page: Page, name: string): Promise<void> => {
  if (process.env.SANDBOX_PICTURES)
    await page.screenshot({ path: `${process.env.SANDBOX_PICTURES}/${name}.png`, fullPage: true });
};

test('a person signs in, reads who asks for what, accepts, and comes back with Status=OK', async () => {
  const { token, create, requestBody, control } = await openNeighbour();
  const back = await openReturnAddress();
  const id = randomUUID();
  const { body } = await create(await token(), requestBody({ id, redirectUrl: back.url }));
  const page = await openPage();
  const refused: string[] = [];
  page.on('console', (message) => void refused.push(message.text()));

  await page.goto(body.viewUri as unknown as string);
  await picture(page, 'sign-in');
  expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
  expect(await page.content()).not.toContain('25922947409');
  await page.getByLabel('Syntetisk person 1 (259229*****)').check();
  await page.getByRole('button', { name: 'Logg inn' }).click();

  await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('Syntetisk bank ber om samtykke');
  await picture(page, 'consent');
  const text = (await page.getByRole('main').textContent()) ?? '';
  for (const part of [
    'på vegne av Syntetisk bank',
    'Inntektsopplysninger per måned',
    '2024-01',
    '4. februar 2026',
    '11:00',
  ]) {
    expect(text).toContain(part);
  }
  expect(await page.evaluate('document.documentElement.lang')).toBe('nb');
  await page.getByRole('link', { name: 'English' }).click();
  await expect.poll(() => page.getByRole('button', { name: 'Yes, I give my consent' }).count()).toBe(1);
  await picture(page, 'consent-en');
  await page.getByRole('button', { name: 'Yes, I give my consent' }).click();
  await page.waitForURL(`${back.url}&Status=OK`);
  expect(refused).toEqual([]);

  expect(await control('GET', `consents/${id}`)).toMatchObject({ body: { status: 'Accepted' } });
  // The answer ended the session: the same link asks who is there.
  await page.goto(body.viewUri as unknown as string);
  expect(await page.getByRole('radio').count()).toBeGreaterThan(2);
  await page.getByLabel('Syntetisk person 1').check();
  await page.getByRole('button', { name: 'Logg inn' }).click();
  await expect
    .poll(() => page.getByRole('link', { name: 'Tilbake til Syntetisk bank' }).getAttribute('href'))
    .toBe(`${back.url}&Status=OK`);
  await picture(page, 'answered');
  const overview = await openPage();
  await overview.goto(`${new URL(page.url()).origin}/sandbox`);
  await picture(overview, 'overview');
}, 60_000);

test('another person is told that it is not his to answer, and a rejection says so to the consumer', async () => {
  const { token, create, requestBody } = await openNeighbour();
  const back = await openReturnAddress();
  const message = { nb: 'Vi trenger dette for lånesøknaden <b>din</b>.' };
  const rights = [
    {
      action: ['consent'],
      resource: [{ type: 'urn:altinn:resource', value: 'enkelt-samtykke' }],
      metadata: { simpletag: '2026' },
    },
  ];
  const { body } = await create(
    await token(),
    requestBody({
      redirectUrl: back.url,
      consentRights: rights,
      requestMessage: message,
      from: personUrn(),
      to: orgUrn(bank),
    }),
  );
  const page = await openPage();
  await page.goto(body.viewUri as unknown as string);
  await page.getByLabel('Syntetisk person 2').check();
  await page.getByRole('button', { name: 'Logg inn' }).click();
  await expect.poll(() => page.getByText('AM-00000').count()).toBe(1);
  await picture(page, 'not-yours');
  await page.getByRole('button', { name: 'Logg inn som en annen' }).click();
  await page.getByLabel('Syntetisk person 1').check();
  await page.getByRole('button', { name: 'Logg inn' }).click();
  await expect.poll(() => page.getByText(message.nb).count()).toBe(1);
  await picture(page, 'message');
  await page.getByRole('button', { name: 'Nei, jeg gir ikke samtykke' }).click();
  await page.waitForURL(`${back.url}&Status=Failed&ErrorMessage=User+did+not+give+consent`);
}, 60_000);
