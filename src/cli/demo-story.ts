import type { Hub } from '../compose.ts';
import { answerAsPerson } from './answer-as-person.ts';
import { callJson, mustCall } from './call-json.ts';
import type { openDemoReceiver } from './demo-receiver.ts';
import { type Bank, furnishBank, furnishOperator, wakeClients } from './furnish.ts';
import type { Narrator } from './narrator.ts';

type Receiver = Awaited<ReturnType<typeof openDemoReceiver>>;
type Place = { url: string; sandboxUrl: string; operatorKey: string };

/** A synthetic person of Altinn's test environment. */
const person = { number: '25922947409', masked: '259229*****' };

const day = 24 * 60 * 60 * 1000;

export const placeOf = ({ url, sandboxUrl, operatorKey }: Hub): Place => {
  if (url === undefined || sandboxUrl === undefined || operatorKey === undefined)
    throw new Error('The demo needs its own sandbox: leave MASKINPORTEN_ISSUER unset');
  return { url, sandboxUrl, operatorKey };
};

export const inTenDays = (now: Date): string => new Date(now.getTime() + 10 * day).toISOString();

/** A consent that waits for its person, for whoever wants to answer one by hand. */
export const askForConsent = (place: Place, bank: Bank, receiver: Receiver, now: Date) =>
  callJson(
    'POST',
    `${place.url}/v1/consents`,
    bank.key,
    {
      from: { person: person.number },
      rights: [{ service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } }],
      validTo: inTenDays(now),
      redirectUrl: `${receiver.url}/done?loan=4711`,
      reference: 'loan-4711',
    },
    { prefer: 'wait=10' },
  );

/** Two banks are set up; each has delegated consent administration and its data APIs to the operator in Altinn. */
export const furnish = async (place: Place, receiver: Receiver, tell: Narrator): Promise<Bank> => {
  await furnishOperator(place);
  tell.step('three Maskinporten clients, each with a key born in a worker; public parts registered at the sandbox');
  const redirectUrls = [`${receiver.url}/done`];
  const bank = await furnishBank(place, { orgno: '313876144', name: 'Fjordbanken', redirectUrls });
  const other = await furnishBank(place, { orgno: '991825827', name: 'Fjellbanken', redirectUrls });
  await wakeClients(place);
  tell.step(
    `two banks, ${bank.name} and ${other.name}, have delegated “API access to manage consents” to the operator`,
  );
  const old = (await mustCall('GET', `${place.url}/v1/webhook-endpoints`, bank.key)) as { items: { id: string }[] };
  for (const { id } of old.items) await callJson('DELETE', `${place.url}/v1/webhook-endpoints/${id}`, bank.key);
  const { secret } = await mustCall('POST', `${place.url}/v1/webhook-endpoints`, bank.key, {
    url: `${receiver.url}/webhooks`,
  });
  receiver.trust(String(secret));
  tell.step(`${bank.name} has set up a webhook`);
  return bank;
};

/** One consent from request to data. @throws Error saying which step did not come true */
export const tellStory = async (
  place: Place,
  bank: Bank,
  receiver: Receiver,
  now: Date,
  tell: Narrator,
): Promise<void> => {
  const asked = await askForConsent(place, bank, receiver, now);
  if (asked.status !== 201)
    throw new Error(
      `the consent request answered ${asked.status}: ${JSON.stringify(asked.body['problem'] ?? asked.body['detail'] ?? asked.body)}`,
    );
  const id = String(asked.body['id']);
  const approvalUrl = String(asked.body['approvalUrl']);
  tell.step(
    `${bank.name} asks for a person’s income: through a queue, a Maskinporten token with consumer_org, and Altinn has it`,
  );
  tell.detail(`consent ${id}`);
  await receiver.until('consent.requested', id, 10_000);

  const answeredAt = performance.now();
  const landed = await answerAsPerson(approvalUrl, person.masked, 'accept');
  const status = new URL(landed.url).searchParams.get('status');
  if (status !== 'accepted') throw new Error(`the browser came back to the bank with status ${status}`);
  tell.step('the person signs in at Altinn, reads, accepts, and is back at the bank');
  tell.detail(landed.url);

  const webhook = await receiver.until('consent.accepted', id, 20_000);
  tell.step('the webhook consent.accepted is there, its signature verified', Math.max(0, webhook.at - answeredAt));

  const { tokens } = (await mustCall('POST', `${place.url}/v1/consents/${id}/token`, bank.key)) as {
    tokens: { token: string; header: string; expiresAt: string }[];
  };
  const [token] = tokens;
  if (!token) throw new Error('no token came');
  tell.step('the bank’s app fetches the consent token');
  const response = await fetch(`${place.sandboxUrl}/data/skatteetaten/inntekt/${person.number}`, {
    headers: { [token.header]: `Bearer ${token.token}` },
  });
  if (response.status !== 200) throw new Error(`the data source answered ${response.status}: ${await response.text()}`);
  const data = (await response.json()) as Record<string, unknown>;
  tell.step('and reads the income at the data source');
  tell.detail(JSON.stringify(data).replaceAll(person.number, person.masked).slice(0, 160));
};
