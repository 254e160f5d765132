import { mustCall } from '../../src/cli/call-json.ts';
import { furnishOperator, services } from '../../src/cli/furnish.ts';
import { isOrganizationNumber } from '../../src/domain/party.ts';
import { freePort } from '../../src/embedded/launch.ts';
import { type Ground, openGround, operatorKey } from './ground.ts';
import { type Started, startHub } from './processes.ts';

const redirectUrl = 'https://bank.example/done';

export const organizationNumbers = (count: number): string[] => {
  const found: string[] = [];
  for (let number = 310_000_000; found.length < count; number += 1)
    if (isOrganizationNumber(String(number))) found.push(String(number));
  return found;
};

/** So many banks, each with a key of its own; with a sandbox, each has delegated all that is needed there. */
export const openBanks = async (url: string, count: number, sandboxUrl?: string): Promise<string[]> => {
  const keys: string[] = [];
  for (const orgno of organizationNumbers(count)) {
    if (sandboxUrl !== undefined)
      await mustCall('POST', `${sandboxUrl}/sandbox/onboard`, undefined, { orgno, name: `Bank ${orgno}` });
    const tenant = await mustCall('POST', `${url}/operator/v1/tenants`, operatorKey, {
      orgno,
      name: `Bank ${orgno}`,
      redirectUrls: [redirectUrl],
      services: sandboxUrl === undefined ? ['ske-inntekt'] : services.map(({ key }) => key),
    });
    const { key } = await mustCall('POST', `${url}/operator/v1/tenants/${tenant['id']}/api-keys`, operatorKey, {
      name: 'app',
      scopes: ['consents:write', 'consents:read', 'tokens:read'],
    });
    keys.push(String(key));
  }
  return keys;
};

/** A hub in processes of its own beside a sandbox of its own, with its operator's house furnished. */
export const openHubWithSandbox = async () => {
  const ground: Ground = await openGround();
  const started: Started[] = [];
  const start = async (role: string, env: NodeJS.ProcessEnv) => {
    const hub = await startHub(role, env, ground.directory);
    started.push(hub);
    return hub.ready;
  };
  const close = async () => {
    for (const hub of started.reverse()) await hub.stop();
    await ground.close();
  };
  try {
    const { url: sandboxUrl = '' } = await start('sandbox', ground.env);
    const port = await freePort();
    const env = {
      ...ground.env,
      ...(ground.redis ? { REDIS_URL: ground.redis.url } : {}),
      MASKINPORTEN_ISSUER: `${sandboxUrl}/maskinporten/`,
      ALTINN3_URL: `${sandboxUrl}/altinn3/`,
      DIGDIR_SELFSERVICE_URL: `${sandboxUrl}/sandbox`,
      // Known beforehand, since Altinn's page leads back to it.
      PORT: String(port),
      HUB_PUBLIC_URL: `http://127.0.0.1:${port}`,
    };
    await start('worker', env);
    const { url = '', metricsUrl = '' } = await start('api', env);
    await furnishOperator({ url, operatorKey, sandboxUrl });
    const engine = ground.redis ? `Redis ${ground.redis.version}` : 'PostgreSQL';
    return { ground, url, metricsUrl, sandboxUrl, engine, close };
  } catch (error) {
    await close();
    throw error;
  }
};
