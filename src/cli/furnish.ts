import { setTimeout } from 'node:timers/promises';
import { catalogued } from '../domain/first-catalogue.ts';
import { tenantScopes } from '../usecases/use-cases.ts';
import { callJson, mustCall } from './call-json.ts';

export type Bank = { id: string; orgno: string; name: string; key: string };

/** A service as the catalogue has it, under a key that people can say. A year, so that a demo may ask for whatever it likes. */
const yearOf = (resource: string, key: string, dataPaths: string[]) => {
  const { generation, fills } = catalogued(resource) ?? {};
  const { dataScope = '', metadata, template } = fills ?? {};
  return { key, generation, resource, dataScope, metadata, template, maxValidityDays: 365, dataPaths };
};

/** Services of the sandbox's first world; the resources are those of Altinn's test environment. */
export const services = [
  yearOf('ske-samtykke-sbl-inntekt', 'ske-inntekt', [
    'GET /inntekt/{from}',
    'POST /inntekt/{from}',
    'GET /store-svar/{from}',
  ]),
  yearOf('ske-samtykke-sbl-summert-skattegrunnlag', 'ske-skattegrunnlag', ['GET /summertskattegrunnlag/{from}']),
];

const clients = [
  {
    name: 'Consent administration',
    clientId: '2829136a-1dd4-4a13-8150-d605a3fc39e6',
    purpose: 'consents',
    scopes: [
      'altinn:consentrequests.write',
      'altinn:consentrequests.read',
      'altinn:consenttokens.read',
      'altinn:consenttokens.write',
    ],
  },
  {
    name: 'Income',
    clientId: '107c6f58-e06b-44e9-be7a-11ea44c7ad8b',
    purpose: 'data',
    scopes: ['skatteetaten:inntekt'],
  },
  {
    name: 'Tax basis',
    clientId: '5b0a9d5e-2f0e-4a53-9a52-1f3f4c1f7c02',
    purpose: 'data',
    scopes: ['skatteetaten:summertskattegrunnlag'],
  },
];

type Place = { url: string; operatorKey: string; sandboxUrl: string };
type Items<T> = { items: T[] };

const keyTries = 60;
/** A key is born in a worker: on a busy machine later than the answer waits. */
const keysAreReady = async (client: string, operatorKey: string): Promise<void> => {
  for (let tries = 0; tries < keyTries; tries += 1) {
    const { keys } = (await mustCall('GET', client, operatorKey)) as {
      keys: { state: string; fault: string | null }[];
    };
    const faulty = keys.find(({ fault }) => fault !== null);
    if (faulty) throw new Error(`a key is of no use: ${faulty.fault}`);
    if (keys.every(({ state }) => state !== 'generating')) return;
    await setTimeout(500);
  }
  throw new Error('a key is not ready: does a worker run?');
};

/** The operator's own house: catalogue, Maskinporten clients with keys born in the hub, registered at the sandbox. Repeatable. */
export const furnishOperator = async ({ url, operatorKey, sandboxUrl }: Place): Promise<void> => {
  for (const service of services) {
    const dataUrl = `${sandboxUrl}/data/skatteetaten`;
    const base = `${url}/operator/v1/services`;
    const { status, body } = await callJson('POST', base, operatorKey, { ...service, dataUrl });
    if (status >= 400 && status !== 409) throw new Error(`service ${service.key}: ${String(body['detail'])}`);
    // A sandbox may come back at another port.
    if (status === 409) await mustCall('PATCH', `${base}/${service.key}`, operatorKey, { dataUrl });
  }
  const known = (await mustCall('GET', `${url}/operator/v1/maskinporten-clients`, operatorKey)) as Items<{
    id: string;
    clientId: string;
  }>;
  for (const client of clients) {
    const found =
      known.items.find(({ clientId }) => clientId === client.clientId) ??
      ((await mustCall('POST', `${url}/operator/v1/maskinporten-clients`, operatorKey, {
        ...client,
        key: { generate: true },
      })) as { id: string });
    const at = `${url}/operator/v1/maskinporten-clients/${found.id}`;
    await keysAreReady(at, operatorKey);
    const jwks = await mustCall('GET', `${at}/jwks.json`, operatorKey);
    // What an operator does at Samarbeidsportalen: register the client with its scopes and the public part of its key.
    const { name, clientId, scopes: registered } = client;
    await mustCall('POST', `${sandboxUrl}/sandbox/clients`, undefined, { clientId, name, scopes: registered, jwks });
  }
};

/** A bank that has delegated consent administration and its data APIs to the operator, with a key for its app. Repeatable. */
export const furnishBank = async (
  { url, operatorKey, sandboxUrl }: Place,
  bank: { orgno: string; name: string; redirectUrls: string[]; services?: string[]; onboarded?: boolean },
): Promise<Bank> => {
  const { onboarded = true, ...ask } = bank;
  const tenant = { services: services.map(({ key }) => key), ...ask };
  if (onboarded)
    await mustCall('POST', `${sandboxUrl}/sandbox/onboard`, undefined, { orgno: bank.orgno, name: bank.name });
  else await mustCall('POST', `${sandboxUrl}/sandbox/organizations`, undefined, { orgno: bank.orgno, name: bank.name });
  let created = await callJson('POST', `${url}/operator/v1/tenants`, operatorKey, tenant);
  if (created.status === 409) {
    const { items } = (await mustCall('GET', `${url}/operator/v1/tenants?limit=200`, operatorKey)) as Items<{
      id: string;
      orgno: string;
    }>;
    const found = items.find(({ orgno }) => orgno === bank.orgno);
    const { orgno: _, ...change } = tenant;
    created = await callJson('PATCH', `${url}/operator/v1/tenants/${found?.id}`, operatorKey, change);
  }
  if (created.status >= 400) throw new Error(`tenant ${bank.name}: ${String(created.body['detail'])}`);
  const id = String(created.body['id']);
  const { key } = await mustCall('POST', `${url}/operator/v1/tenants/${id}/api-keys`, operatorKey, {
    name: 'app',
    scopes: tenantScopes,
  });
  return { id, orgno: bank.orgno, name: bank.name, key: String(key) };
};

/** Owners of APIs let a bank use all that our clients hold: its own move, to delegate, is left. */
export const grantAll = async ({ sandboxUrl }: Pick<Place, 'sandboxUrl'>, orgno: string): Promise<void> => {
  for (const scope of clients.flatMap((client) => client.scopes))
    await mustCall('PUT', `${sandboxUrl}/sandbox/grants/${orgno}/${encodeURIComponent(scope)}`);
};

/** A probe waits a few seconds itself, and asks nobody within ten of the last. */
const wakeTries = 15;

/**
 * A sandbox forgets all when it ends. What was stored before is worked on as soon as the hub is up, and Maskinporten then knows
 * no client yet, so that the hub stops them: they are looked at again, now that they are registered.
 *
 * @throws Error naming the client that is still refused
 */
export const wakeClients = async ({ url, operatorKey }: Place): Promise<void> => {
  const base = `${url}/operator/v1/maskinporten-clients`;
  const { items } = (await mustCall('GET', base, operatorKey)) as Items<{
    id: string;
    name: string;
    stopped: unknown;
  }>;
  for (const { id, name, stopped } of items) {
    let isStopped = stopped !== null;
    for (let tries = 0; isStopped && tries < wakeTries; tries += 1) {
      isStopped = (await mustCall('POST', `${base}/${id}/probe`, operatorKey))['stopped'] !== null;
      if (isStopped) await setTimeout(1000);
    }
    if (isStopped) throw new Error(`Maskinporten still refuses the client “${name}”`);
  }
};
