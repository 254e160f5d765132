import { mustCall } from '../../src/cli/call-json.ts';
import { altinn2Income } from './given.ts';
import type { World } from './hub-test.ts';

/** Each tenant is offered the same income from the older Altinn too. */
export const offerBoth = async ({ call, banks, sandbox }: Pick<World, 'call' | 'banks' | 'sandbox'>): Promise<void> => {
  const dataUrl = `${sandbox.url}/data/skatteetaten`;
  await call('operator', 'POST', '/operator/v1/services', { ...altinn2Income, dataUrl });
  for (const { id } of Object.values(banks)) {
    const path = `/operator/v1/tenants/${id}`;
    const { body } = await call('operator', 'GET', path);
    const services = [...(body['services'] as string[]), altinn2Income.key];
    const changed = await call('operator', 'PATCH', path, { services });
    if (changed.status !== 200) throw new Error(`offering both answered ${changed.status}`);
  }
};

type Altinn2Request = { code: string; validTo: string; status: string; ended: string | null };

/** What the sandbox's Altinn 2 has. */
export const altinn2Requests = async (sandboxUrl: string): Promise<Altinn2Request[]> =>
  (await mustCall('GET', `${sandboxUrl}/sandbox/altinn2/requests`)) as unknown as Altinn2Request[];
