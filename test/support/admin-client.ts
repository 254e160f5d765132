import type { Answer } from '../../src/cli/call-json.ts';
import { certify } from './enterprise-certificate.ts';
import { operatorOrgno } from './hub-test.ts';
import type { SandboxControl } from './sandbox-control.ts';
import { until } from './until.ts';

type House = {
  call(who: 'operator', method: string, path: string, body?: unknown): Promise<Answer>;
  sandbox: SandboxControl;
};

export const dcrScope = 'idporten:dcr.write';

/** The client that opens Digdir's self-service API: it signs by enterprise certificate, and no key is registered on it. */
export const furnishAdmin = async ({ call, sandbox }: House): Promise<void> => {
  const clientId = 'd5f6a1de-6c53-4b8e-9d0b-2a3b1f0c7e11';
  const base = '/operator/v1/maskinporten-clients';
  const { keyPem, base64 } = certify({ seid2: operatorOrgno, from: '2020-01-01' });
  const key = { pem: keyPem, certificateChain: [base64] };
  const asked = { name: 'Self-service', clientId, purpose: 'admin', scopes: [dcrScope], key };
  const { status, body } = await call('operator', 'POST', base, asked);
  if (status !== 201) throw new Error(`the admin client: ${status} ${JSON.stringify(body)}`);
  await sandbox.client({ clientId, scopes: [dcrScope] });
};

/** Names of the keys that are registered on a client at Digdir. */
export const registeredKids = async ({ sandbox }: Pick<House, 'sandbox'>, clientId: string): Promise<string[]> => {
  const { clients } = (await (await fetch(`${sandbox.url}/sandbox/world`)).json()) as {
    clients: { clientId: string; keys: { kid: string }[] }[];
  };
  return clients.find((client) => client.clientId === clientId)?.keys.map(({ kid }) => kid) ?? [];
};

/** A client of the operator's for itself, with these scopes registered and granted. */
export const giveAdminClient = async ({ call, sandbox }: House, scopes: readonly string[]): Promise<void> => {
  const clientId = 'c1d6a2c4-6a3f-4c0e-9f4c-6b5b1f0e7a01';
  const made = await call('operator', 'POST', '/operator/v1/maskinporten-clients', {
    ...{ name: 'Ourselves', clientId, purpose: 'admin' },
    ...{ scopes, key: { generate: true } },
  });
  const jwks = await until('its key to be born', async () => {
    const { body } = await call('operator', 'GET', `/operator/v1/maskinporten-clients/${made.body['id']}/jwks.json`);
    const { keys } = body as { keys: unknown[] };
    return keys.length > 0 && { keys };
  });
  await sandbox.client({ clientId, scopes: [...scopes] });
  await sandbox.register(clientId, jwks);
  for (const scope of scopes) await sandbox.grant(operatorOrgno, scope);
};
