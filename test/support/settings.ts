import { loadConfig, type Role } from '../../src/config.ts';

const key = Buffer.from(Array.from({ length: 32 }, (_, place) => place)).toString('base64');

/** All that production needs, and nothing that it warns of. */
export const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://hub:secret-of-mine@db.example/hub?sslmode=verify-full',
  REDIS_URL: 'rediss://:secret@redis.example',
  HUB_ORGNO: '310149942',
  HUB_PUBLIC_URL: 'https://hub.example',
  HUB_SEALING_KEYS: `a:${key}`,
  HUB_KEYSTORE_PUBLIC_KEYS: '[{"kty":"EC"}]',
  HUB_KEYSTORE_PRIVATE_KEYS: '[{"kty":"EC","d":"private"}]',
};

/** What a start with these settings is refused with; empty when it is not. */
export const refusal = (env: NodeJS.ProcessEnv, role: Role = 'worker'): string => {
  try {
    loadConfig(env, role);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
