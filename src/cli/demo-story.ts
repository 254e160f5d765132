import type { Hub } from '../compose.ts';
import { answerAsPerson } from './answer-as-person.ts';
import { callJson, mustCall } from './call-json.ts';
import type { openDemoReceiver } from './demo-receiver.ts';
import { openDemoStream } from './demo-stream.ts';
import { type Bank, furnishBank, furnishOperator, grantAll, wakeClients } from './furnish.ts';
import type { Narrator } from './narrator.ts';

type Receiver = Awaited<ReturnType<typeof openDemoReceiver>>;
type Stream = Awaited<ReturnType<typeof openDemoStream>>;
type BankWithWebhook = Bank & { endpointId: string };
type Place = { url: string; sandboxUrl: string; operatorKey: string };

/** A synthetic person of Altinn's test environment. */
const person = { number: '25922947409', masked: '259229*****' };

/** Nobody's, with a right check digit. */
const newBank = { orgno: '310512346', name: 'Nybanken' };

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
export const furnish = async (place: Place, receiver: Receiver, tell: Narrator): Promise<BankWithWebhook> => {
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
  for (const one of old.items) await callJson('DELETE', `${place.url}/v1/webhook-endpoints/${one.id}`, bank.key);
  const { id, secret } = await mustCall('POST', `${place.url}/v1/webhook-endpoints`, bank.key, {
    url: `${receiver.url}/webhooks`,
  });
  receiver.trust(String(secret));
  tell.step(`${bank.name} has set up a webhook`);
  return { ...bank, endpointId: String(id) };
};

/** A bank that all owners have let in, and that has delegated nothing yet. Answers the address of its administrator's page. */
export const invite = async (place: Place, receiver: Receiver): Promise<string> => {
  // First, for a tenant that is added is looked at right away.
  await grantAll(place, newBank.orgno);
  const bank = await furnishBank(place, { ...newBank, redirectUrls: [`${receiver.url}/done`], onboarded: false });
  const base = `${place.url}/operator/v1/tenants/${bank.id}/invitations`;
  return String((await mustCall('POST', base, place.operatorKey, { language: 'nb' }))['link']);
};

/** What the person answered is told twice, by webhook and stream; each step with the time since the click. */
const tellAnswer = async (
  { id, approvalUrl }: { id: string; approvalUrl: string },
  { receiver, stream }: { receiver: Receiver; stream: Stream },
  tell: Narrator,
): Promise<string> => {
  const { url, clickedAt } = await answerAsPerson(approvalUrl, person.masked, 'accept');
  const status = new URL(url).searchParams.get('status');
  if (status !== 'accepted') throw new Error(`the browser came back to the bank with status ${status}`);
  tell.step('the person signs in at Altinn, reads, accepts, and is back at the bank');
  tell.detail(url);
  const webhook = await receiver.until('consent.accepted', id, 20_000);
  tell.step('from the click to the webhook consent.accepted, its signature verified', webhook.at - clickedAt);
  const streamed = await stream.until('consent.accepted', id, 20_000);
  tell.step('from the click to the same event on the bank’s open stream', streamed.at - clickedAt);
  return webhook.id;
};

/** The bank's app reads what the person has consented to. */
const tellData = async (place: Place, bank: Bank, consentId: string, tell: Narrator): Promise<void> => {
  const { tokens } = (await mustCall('POST', `${place.url}/v1/consents/${consentId}/token`, bank.key)) as {
    tokens: { token: string; header: string; expiresAt: string }[];
  };
  const [token] = tokens;
  if (!token) throw new Error('no token came');
  tell.step('the bank’s app fetches the consent token');
  const response = await fetch(`${place.sandboxUrl}/data/skatteetaten/inntekt/${person.number}`, {
    headers: { [token.header]: `Bearer ${token.token}` },
  });
  if (response.status !== 200) throw new Error(`the data source answered ${response.status}: ${await response.text()}`);
  const { inntekt } = (await response.json()) as { inntekt: Record<string, unknown>[] };
  tell.step(`and reads the income at the data source: ${inntekt.length} months, of which the first is`);
  tell.detail(JSON.stringify(inntekt[0]).replaceAll(person.number, person.masked));
};

/** One consent from request to data, and its event once more. @throws Error saying which step did not come true */
export const tellStory = async (
  place: Place,
  bank: BankWithWebhook,
  receiver: Receiver,
  now: Date,
  tell: Narrator,
): Promise<void> => {
  const stream = await openDemoStream(place.url, bank.key);
  try {
    const asked = await askForConsent(place, bank, receiver, now);
    if (asked.status !== 201)
      throw new Error(
        `the consent request answered ${asked.status}: ${JSON.stringify(asked.body['problem'] ?? asked.body['detail'] ?? asked.body)}`,
      );
    const id = String(asked.body['id']);
    tell.step(
      `${bank.name} asks for a person’s income: through a queue, a Maskinporten token with consumer_org, and Altinn has it`,
    );
    tell.detail(`consent ${id}`);
    const consent = { id, approvalUrl: String(asked.body['approvalUrl']) };
    const eventId = await tellAnswer(consent, { receiver, stream }, tell);
    await tellData(place, bank, id, tell);

    await mustCall('POST', `${place.url}/v1/webhook-endpoints/${bank.endpointId}/replay`, bank.key, {
      since: now.toISOString(),
      types: ['consent.accepted'],
      consentId: id,
    });
    const again = await receiver.until('consent.accepted', id, 20_000, true);
    if (again.id !== eventId) throw new Error('the replay came under another id');
    tell.step(
      'as if it had been missed, the webhook is asked for once more: it comes under the same id, marked as replay',
    );
  } finally {
    await stream.close();
  }
};
