import type { Answer } from '../../src/cli/call-json.ts';
import { operatorOrgno } from './hub-test.ts';
import type { SandboxControl } from './sandbox-control.ts';

type House = {
  call(who: 'operator', method: string, path: string, body?: unknown): Promise<Answer>;
  sandbox: SandboxControl;
};

/** A client of the operator's for itself, with these scopes registered and granted. */
export const giveAdminClient = async ({ call, sandbox }: House, scopes: readonly string[]): Promise<void> => {
  const clientId = 'c1d6a2c4-6a3f-4c0e-9f4c-6b5b1f0e7a01';
  const made = await call('operator', 'POST', '/operator/v1/maskinporten-clients', {
    ...{ name: 'Ourselves', clientId, purpose: 'admin' },
    ...{ scopes, key: { generate: true } },
  });
  const jwks = await call('operator', 'GET', `/operator/v1/maskinporten-clients/${made.body['id']}/jwks.json`);
  await sandbox.client({ clientId, scopes: [...scopes] });
  await sandbox.register(clientId, jwks.body as unknown as { keys: unknown[] });
  for (const scope of scopes) await sandbox.grant(operatorOrgno, scope);
};
