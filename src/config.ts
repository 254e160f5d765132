import { z } from 'zod';
import { leastConnections } from './connections.ts';
import { isOrganizationNumber } from './domain/party.ts';
import { nameOfScopes, scopesNamed } from './domain/token.ts';
import { defaultSchedule } from './domain/webhook.ts';
import { altinn2Settings, certificateIn, isForeignKey, sandboxApiKey } from './settings/altinn2.ts';
import { asking, askingFaults, askingSettings } from './settings/asking.ts';
import { certificateFile, proxy } from './settings/egress.ts';
import { privateJwks, publicJwks, sealingKeys } from './settings/keys.ts';
import { list, schedule } from './settings/lists.ts';
import { operatorName, publicUrl } from './settings/operator.ts';
import { outside } from './settings/outside.ts';
import { ownerListSettings, ownerLists } from './settings/owner-lists.ts';
import { paceSettings, pacesOf } from './settings/paces.ts';
import { productionWarnings } from './settings/production-warnings.ts';
import { trustedProxies } from './settings/proxies.ts';
import { scopes } from './settings/scopes.ts';
import { withSecretFiles } from './settings/secret-files.ts';
import { selfServiceOf, selfServiceSettings } from './settings/self-service.ts';

export type Environment = 'sandbox' | 'test' | 'production';
/** What a process is. `all` is an API and a worker in one, with the sandbox beside them where there is one. */
export type Role = 'api' | 'worker' | 'all' | 'sandbox' | 'command';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const address = z.url({ protocol: /^https?$/ }).transform((text) => (text.endsWith('/') ? text : `${text}/`));
const database = z.url({ protocol: /^postgres(ql)?$/ });

const Env = z.object({
  NODE_ENV: z.string().optional(),
  HUB_ENVIRONMENT: z.enum(['sandbox', 'test', 'production']).optional(),
  DATABASE_URL: database.optional(),
  DATABASE_DIRECT_URL: database.optional(),
  HUB_DATABASE_CONNECTIONS: z.coerce.number().int().min(1).max(1000).default(40),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  QUEUE_PREFIX: z
    .string()
    .regex(/^\{[\w-]+\}$/, 'is one hash tag, like {hub}')
    .default('{hub}'),
  MASKINPORTEN_ISSUER: address.optional(),
  ALTINN3_URL: address.optional(),
  ALTINN3_CONSENT_SCOPE: scopes.default('altinn:consentrequests.write'),
  ALTINN2_URL: address.optional(),
  ...altinn2Settings,
  ...selfServiceSettings(address),
  RESOURCE_REGISTRY_URL: address.optional(),
  ...ownerListSettings,
  ...askingSettings,
  HUB_ORGNO: z.string().refine(isOrganizationNumber, 'is no organisation number').optional(),
  HUB_OPERATOR_NAME: operatorName.optional(),
  HUB_PUBLIC_URL: publicUrl.optional(),
  HUB_SEALING_KEYS: sealingKeys.optional(),
  HUB_KEYSTORE_PRIVATE_KEYS: privateJwks.optional(),
  HUB_KEYSTORE_PUBLIC_KEYS: publicJwks.optional(),
  HUB_OPERATOR_KEY: z.string().min(32).optional(),
  HUB_KEY_DIRECTORY: z.string().optional(),
  HUB_PKCS11_MODULE: z.string().optional(),
  HUB_PKCS11_TOKEN: z.string().optional(),
  HUB_PKCS11_PIN: z.string().optional(),
  HUB_EGRESS_ALLOW: list.optional(),
  HUB_DATA_HOSTS: list.optional(),
  HUB_EGRESS_CA_FILE: certificateFile.optional(),
  HUB_EGRESS_PROXY: proxy.optional(),
  HUB_WEBHOOK_SCHEDULE: schedule.default([...defaultSchedule]),
  HUB_ERASE_AFTER_DAYS: z.coerce.number().int().min(0).max(3650).default(90),
  /** A week at least: replay and more than 96 hours of retries need what happened. */
  HUB_EVENT_RETENTION_DAYS: z.coerce.number().int().min(7).max(3650).default(90),
  HUB_STREAMS: z.coerce.number().int().min(1).max(100_000).default(1000),
  HUB_STREAMS_PER_TENANT: z.coerce.number().int().min(1).max(100_000).default(50),
  HUB_DATA_CALLS: z.coerce.number().int().min(1).max(100_000).default(512),
  HUB_DATA_CALLS_PER_TENANT: z.coerce.number().int().min(1).max(100_000).default(64),
  ...paceSettings,
  HUB_LEASE_SECONDS: z.coerce.number().min(1).max(3600).optional(),
  HUB_RATE_PER_KEY: z.coerce.number().int().min(1).default(200),
  HUB_RATE_PER_TENANT: z.coerce.number().int().min(1).default(500),
  HUB_TRUSTED_PROXIES: trustedProxies.default([]),
  HUB_HOST: z.string().optional(),
  HUB_SANDBOX_PORT: port(3100),
  HUB_DIRECTORY: z.string().default('.hub'),
  PORT: port(3000),
  METRICS_HOST: z.string().optional(),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

type Read = z.infer<typeof Env>;

/** What does not go together, or not in this role. */
const faultsOf = (read: Read, environment: Environment, role: Role): string[] => {
  const production = environment === 'production';
  const wrong: [boolean, string][] = [
    ...askingFaults(read),
    [
      read.HUB_ENVIRONMENT === 'sandbox' && read.NODE_ENV === 'production',
      'HUB_ENVIRONMENT: sandbox does not go with NODE_ENV=production',
    ],
    [production && role === 'sandbox', 'HUB_ENVIRONMENT: the sandbox does not run in production'],
    [production && role !== 'sandbox' && read.DATABASE_URL === undefined, 'DATABASE_URL: is needed in production'],
    [
      role === 'api' && read.HUB_KEYSTORE_PRIVATE_KEYS !== undefined,
      'HUB_KEYSTORE_PRIVATE_KEYS: belongs to workers alone; an API process must not have it',
    ],
    [
      role === 'api' && (read.HUB_KEY_DIRECTORY ?? read.HUB_PKCS11_MODULE ?? read.HUB_PKCS11_PIN) !== undefined,
      'HUB_KEY_DIRECTORY, HUB_PKCS11_MODULE and HUB_PKCS11_PIN: belong to workers alone; an API process must not have them',
    ],
    [
      (read.HUB_PKCS11_MODULE === undefined) !== (read.HUB_PKCS11_PIN === undefined),
      'HUB_PKCS11_MODULE: goes with HUB_PKCS11_PIN; set both or neither',
    ],
    [
      production && read.HUB_EGRESS_ALLOW !== undefined,
      'HUB_EGRESS_ALLOW: is for tests; in production webhooks go to public addresses only',
    ],
    [
      production &&
        [
          read.MASKINPORTEN_ISSUER,
          read.ALTINN3_URL,
          read.ALTINN2_URL,
          read.DIGDIR_SELFSERVICE_URL,
          read.RESOURCE_REGISTRY_URL,
          read.HUB_PUBLIC_URL,
        ].some((url) => url?.startsWith('http:') === true),
      'MASKINPORTEN_ISSUER, ALTINN3_URL, ALTINN2_URL, DIGDIR_SELFSERVICE_URL, RESOURCE_REGISTRY_URL and HUB_PUBLIC_URL: must be https in production',
    ],
    [
      (read.ALTINN2_CERTIFICATE_FILE === undefined) !== (read.ALTINN2_CERTIFICATE_KEY_FILE === undefined),
      'ALTINN2_CERTIFICATE_FILE: goes with ALTINN2_CERTIFICATE_KEY_FILE; set both or neither',
    ],
    [
      isForeignKey(read.ALTINN2_CERTIFICATE_FILE, read.ALTINN2_CERTIFICATE_KEY_FILE),
      'ALTINN2_CERTIFICATE_KEY_FILE: is not the key of the first certificate in ALTINN2_CERTIFICATE_FILE',
    ],
    [
      read.ALTINN2_BEARER === 'exchanged' && read.ALTINN2_CERTIFICATE_FILE !== undefined,
      'ALTINN2_BEARER: goes with no ALTINN2_CERTIFICATE_FILE, which speaks in place of a token',
    ],
    [
      production && read.ALTINN2_LOST_AFTER_SECONDS < 120,
      'ALTINN2_LOST_AFTER_SECONDS: needs 120 at least in production, for Altinn 2 may be a minute late',
    ],
  ];
  if (production && role !== 'command' && role !== 'sandbox') {
    wrong.push(
      [read.HUB_SEALING_KEYS === undefined, 'HUB_SEALING_KEYS: is needed in production'],
      [read.HUB_KEYSTORE_PUBLIC_KEYS === undefined, 'HUB_KEYSTORE_PUBLIC_KEYS: is needed in production'],
      [
        role !== 'api' && read.HUB_KEYSTORE_PRIVATE_KEYS === undefined,
        'HUB_KEYSTORE_PRIVATE_KEYS: is needed by workers in production',
      ],
      [read.HUB_PUBLIC_URL === undefined, 'HUB_PUBLIC_URL: is needed in production'],
    );
  }
  if (role === 'api' || role === 'worker' || role === 'all') {
    const least = leastConnections({ isWorker: role !== 'api', queuesInPostgres: read.REDIS_URL === undefined });
    wrong.push([
      read.HUB_DATABASE_CONNECTIONS < least,
      `HUB_DATABASE_CONNECTIONS: this role needs ${least} at least${read.REDIS_URL === undefined ? ', or fewer with its queues on Redis' : ''}`,
    ]);
  }
  if (environment !== 'sandbox' && role !== 'sandbox')
    wrong.push([read.HUB_ORGNO === undefined, `HUB_ORGNO: is needed in ${environment}`]);
  return wrong.filter(([is]) => is).map(([, text]) => text);
};

export type Config = ReturnType<typeof loadConfig>;

/**
 * Reads the environment once, at start. All faults come in one message, and no value is ever printed.
 *
 * @throws Error naming every setting at fault
 */
export const loadConfig = (env: NodeJS.ProcessEnv, role: Role) => {
  // An empty setting is one that was left out.
  const files = withSecretFiles(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  const given = files.settings;
  const result = Env.safeParse(given);
  const issues = result.error?.issues ?? [];
  const unread = [...issues.map(({ path }) => String(path[0])), ...files.unread];
  // What could be read is held to the rules between settings too: all faults come in one message.
  const read =
    result.data ?? Env.parse(Object.fromEntries(Object.entries(given).filter(([name]) => !unread.includes(name))));
  const environment = read.HUB_ENVIRONMENT ?? (read.NODE_ENV === 'production' ? 'production' : 'sandbox');
  const faults = [
    ...files.faults,
    ...issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...faultsOf(read, environment, role).filter((fault) => !unread.some((name) => fault.startsWith(`${name}:`))),
  ];
  if (faults.length > 0)
    throw new Error(`The configuration is not usable:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  const usual = outside[environment](read.HUB_SANDBOX_PORT);
  const ownSandbox = environment === 'sandbox' && read.MASKINPORTEN_ISSUER === undefined;
  return Object.freeze({
    environment,
    production: environment === 'production',
    directory: read.HUB_DIRECTORY,
    database: {
      url: read.DATABASE_URL,
      directUrl: read.DATABASE_DIRECT_URL,
      connections: read.HUB_DATABASE_CONNECTIONS,
    },
    redisUrl: read.REDIS_URL,
    queuePrefix: read.QUEUE_PREFIX,
    issuer: read.MASKINPORTEN_ISSUER ?? usual.issuer,
    altinn3Url: read.ALTINN3_URL ?? usual.altinn3,
    /** Lives beside Altinn 3's other parts. */
    registryUrl: read.RESOURCE_REGISTRY_URL ?? `${read.ALTINN3_URL ?? usual.altinn3}resourceregistry/api/v1/`,
    consentScope: read.ALTINN3_CONSENT_SCOPE,
    altinn2: {
      /** Somebody has set it up, or the sandbox has one. */
      isSet: ownSandbox || read.ALTINN2_URL !== undefined || read.ALTINN2_API_KEY !== undefined,
      url: read.ALTINN2_URL ?? usual.altinn2,
      apiKey: read.ALTINN2_API_KEY ?? (environment === 'sandbox' ? sandboxApiKey : undefined),
      exchanges: read.ALTINN2_BEARER === 'exchanged',
      /** To use cases: nothing secret. */
      told: {
        consentScope: read.ALTINN2_CONSENT_SCOPE,
        tokenScope: read.ALTINN2_TOKEN_SCOPE,
        lostAfterMs: read.ALTINN2_LOST_AFTER_SECONDS * 1000,
        byCertificate: read.ALTINN2_CERTIFICATE_FILE !== undefined,
      },
      ...certificateIn(read.ALTINN2_CERTIFICATE_FILE, read.ALTINN2_CERTIFICATE_KEY_FILE),
    },
    ownScopes: nameOfScopes(
      [read.ALTINN3_CONSENT_SCOPE, read.ALTINN2_CONSENT_SCOPE, read.ALTINN2_TOKEN_SCOPE].flatMap(scopesNamed),
    ),
    selfService: selfServiceOf(read, usual.selfService, ownSandbox),
    links: usual.pages,
    ownerLists: ownerLists(read),
    asking: asking(read),
    ownSandbox,
    sandboxPort: read.HUB_SANDBOX_PORT,
    /** A synthetic organisation of the test environment, where nobody said another. */
    operatorOrgno: read.HUB_ORGNO ?? '310149942',
    operatorName: read.HUB_OPERATOR_NAME ?? (environment === 'sandbox' ? 'Samtykkehuben' : undefined),
    publicUrl: read.HUB_PUBLIC_URL,
    sealingKeys: read.HUB_SEALING_KEYS,
    keystore: { privateJwks: read.HUB_KEYSTORE_PRIVATE_KEYS, publicJwks: read.HUB_KEYSTORE_PUBLIC_KEYS },
    operatorKey: read.HUB_OPERATOR_KEY,
    /** Where signing keys lie outside the database; for workers alone. */
    keySources: {
      directory: read.HUB_KEY_DIRECTORY,
      ...(read.HUB_PKCS11_MODULE === undefined || read.HUB_PKCS11_PIN === undefined
        ? {}
        : { pkcs11: { module: read.HUB_PKCS11_MODULE, pin: read.HUB_PKCS11_PIN, token: read.HUB_PKCS11_TOKEN } }),
    },
    /** Where webhooks may go beside public addresses, whom they trust there, and what they go through. */
    egress: {
      allow: read.HUB_EGRESS_ALLOW ?? [],
      certificates: read.HUB_EGRESS_CA_FILE,
      proxy: read.HUB_EGRESS_PROXY,
    },
    webhookSchedule: read.HUB_WEBHOOK_SCHEDULE,
    eraseAfterMs: read.HUB_ERASE_AFTER_DAYS * 24 * 60 * 60 * 1000,
    keepEventsMs: read.HUB_EVENT_RETENTION_DAYS * 24 * 60 * 60 * 1000,
    streams: { inAll: read.HUB_STREAMS, ofTenant: read.HUB_STREAMS_PER_TENANT },
    dataHosts:
      read.HUB_DATA_HOSTS?.map((host) => host.toLowerCase()) ?? (environment === 'production' ? [] : undefined),
    dataCalls: { inAll: read.HUB_DATA_CALLS, ofTenant: read.HUB_DATA_CALLS_PER_TENANT },
    ...pacesOf(read),
    leaseMs: read.HUB_LEASE_SECONDS === undefined ? undefined : read.HUB_LEASE_SECONDS * 1000,
    limits: { perKeyPerSecond: read.HUB_RATE_PER_KEY, perTenantPerSecond: read.HUB_RATE_PER_TENANT },
    trustedProxies: read.HUB_TRUSTED_PROXIES,
    /** Everywhere in a container, on this machine alone in development. */
    host: read.HUB_HOST ?? (environment === 'sandbox' ? '127.0.0.1' : '0.0.0.0'),
    port: read.PORT,
    /** Asks for no key: told to nobody else on a development machine, wherever the API listens. */
    metricsHost: read.METRICS_HOST ?? (environment === 'sandbox' ? '127.0.0.1' : (read.HUB_HOST ?? '0.0.0.0')),
    /** A worker's is another one, so that an API and a worker fit on one machine as they are. */
    metricsPort: read.METRICS_PORT ?? (role === 'worker' ? 9465 : 9464),
    logLevel: read.LOG_LEVEL,
    /** Told in the log at start. */
    warnings:
      environment === 'production'
        ? productionWarnings({
            databaseUrls: [read.DATABASE_URL, read.DATABASE_DIRECT_URL],
            redisUrl: read.REDIS_URL,
            role,
          })
        : [],
  });
};
