import {
  type OperatorRole,
  operatorRoles,
  type TenantScope,
  tenantScopes,
  type UseCases,
} from '../../src/usecases/use-cases.ts';
import * as given from './given.ts';

const asTenant = (name: string, scopes: readonly TenantScope[], status: 'active' | 'suspended' = 'active') => ({
  kind: 'tenant' as const,
  tenantId: given.tenant.id,
  tenant: { ...given.tenant, status },
  keyId: name,
  keyName: name,
  scopes: [...scopes],
});

/** Keys that fit: `tenant` has all scopes, `tenant-<scope>` that one, `suspended`, and one named after each role. */
const tenants = new Map([
  ['tenant', asTenant('tenant', tenantScopes)],
  ['suspended', asTenant('suspended', tenantScopes, 'suspended')],
  ...tenantScopes.map((scope) => [`tenant-${scope}`, asTenant(`tenant-${scope}`, [scope])] as const),
]);
const isRole = (text: string): text is OperatorRole => operatorRoles.some((role) => role === text);

/** Every verb answers something believable, in memory. A test replaces those it is about. */
export const fakeUses = (replaced: Partial<UseCases> = {}): UseCases => ({
  identifyTenant: async ({ text }) => tenants.get(text),
  identifyOperator: async (key) =>
    isRole(key) ? { kind: 'operator', keyId: key, keyName: key, role: key } : undefined,

  requestConsent: async () => ({ consent: given.consent, created: true }),
  settledConsent: async (_, consent) => ({
    ...consent,
    status: 'pending',
    version: 2,
    approvalUrl: 'https://am.ui.example/c',
  }),
  readConsent: async () => given.consent,
  listConsents: async () => ({ items: [given.consent], next: given.id }),
  searchConsents: async () => ({ items: [given.consent] }),
  withdrawConsent: async () => ({ ...given.consent, status: 'withdrawn', upstream: 'open' }),
  readConsentTokens: async () => [
    { kind: 'maskinporten', token: 'jwt', header: 'Authorization', expiresAt: given.now },
  ],
  passData: async (_by, _id, _ask, reply) => {
    reply.begin(200, ['content-type', 'application/json']);
    reply.write(Buffer.from('{}'));
    reply.end();
    return { ended: 'whole', status: 200, sentBytes: 0, readBytes: 2 };
  },
  readToken: async (_, { scope }) => ({ token: 'jwt', expiresAt: given.now, scope }),
  returnFromAltinn: async () => undefined,

  listEvents: async () => ({
    items: [{ id: given.id, type: 'ping', timestamp: given.now.toISOString(), sequence: 1, data: {} }],
    next: '1',
  }),
  followEvents: async () => ({
    cursor: 'ab',
    over: new AbortController().signal,
    async *pages() {
      const event = { id: given.id, type: 'ping', timestamp: given.now.toISOString(), sequence: 1, data: {} } as const;
      yield [{ event, cursor: 'cd' }];
      return 'gone';
    },
    close: () => {},
  }),
  createWebhookEndpoint: async () => ({ ...given.endpoint, secret: 'whsec_abc' }),
  listWebhookEndpoints: async () => [given.endpoint],
  readWebhookEndpoint: async () => given.endpoint,
  changeWebhookEndpoint: async () => given.endpoint,
  removeWebhookEndpoint: async () => {},
  rotateWebhookSecret: async () => ({ secret: 'whsec_new', publicKeys: [], previousUntil: given.now }),
  testWebhookEndpoint: async () => ({ eventId: given.id }),
  listDeliveries: async () => ({ items: [given.delivery] }),
  readDelivery: async () => given.delivery,
  replayEvents: async () => ({ count: 3 }),
  retryDelivery: async () => given.delivery,
  listTenantWebhookEndpoints: async () => [given.endpoint],
  allowPrivateTarget: async () => given.endpoint,

  listOfferedServices: async () => [given.service],
  readReadiness: async () => given.readiness,
  checkReadiness: async () => given.readiness,
  listReadiness: async () => ({ items: [given.standing], next: `${given.id} ske-inntekt` }),
  readTenantReadiness: async () => given.readiness,
  checkTenantReadiness: async () => given.readiness,

  createApiKey: async () => ({ ...given.apiKey, key: 'hub_t_abcdef' }),
  listApiKeys: async () => [given.apiKey],
  changeApiKey: async () => given.apiKey,
  noteRefusedAddress: async () => {},
  readAuthorizationServer: () => ({
    issuer: 'https://hub.example',
    tokenEndpoint: 'https://hub.example/oauth/token',
  }),
  grantAccessToken: async () => ({ token: 'hub_a_abcdef', expiresInSeconds: 600, scopes: ['consents:read'] }),
  revokeApiKey: async () => {},

  createTenant: async () => given.tenant,
  changeTenant: async () => given.tenant,
  readTenant: async () => given.tenant,
  listTenants: async () => ({ items: [given.tenant] }),
  suspendTenant: async () => ({ ...given.tenant, status: 'suspended' }),
  resumeTenant: async () => given.tenant,
  offboardTenant: async () => ({
    ...given.tenant,
    status: 'offboarding',
    offboardingAt: given.now,
    eraseAt: given.now,
  }),
  readErasure: async () => ({
    tenantId: given.tenant.id,
    state: 'waiting',
    offboardingAt: given.now,
    tables: [{ table: 'consents', now: 1 }],
  }),
  findArchiveKey: async () => undefined,
  importTenants: async (_, { rows }) =>
    rows.map((row) => ({ row, what: 'unchanged', id: given.tenant.id, tenantId: given.tenant.id })),
  askForAccess: async () => ({
    items: [given.accessRequest],
    cannotBeAsked: [{ scope: 'skatteetaten:inntekt', link: 'https://am.ui.example/' }],
  }),
  listAccessRequests: async () => [given.accessRequest],
  listTokenUse: async () => ({ items: [given.tokenUse] }),
  inviteTenant: async () => ({ ...given.invitation, link: given.invitationLink }),
  listInvitations: async () => [given.invitation],
  resendInvitation: async () => ({ ...given.invitation, link: given.invitationLink }),
  withdrawInvitation: async () => {},
  readInvitationText: async () => ({}),
  setInvitationText: async (_by, _language, text) => ({ ...text, updatedAt: given.now }),
  resetInvitationText: async () => {},
  openInvitation: async () => undefined,
  checkInvitation: async () => false,
  readUsage: async () => ({
    items: [{ ...given.usage, tenantId: given.otherId, orgno: given.organization, name: 'Fjordbanken ASA' }],
  }),
  readTenantUsage: async () => [given.usage],
  registerClient: async () => given.client,
  changeClient: async () => given.client,
  readClient: async () => given.client,
  listClients: async () => [given.client],
  addClientKey: async () => given.client,
  retireClientKey: async () => given.client,
  renewClientKey: async () => given.client,
  probeClient: async () => given.client,
  rotateClientKey: async () => given.client,
  defineService: async () => given.service,
  changeService: async () => given.service,
  readService: async () => given.service,
  listServices: async () => [given.service],
  createOperatorKey: async () => ({ ...given.operatorKey, key: 'hub_o_abcdef' }),
  listOperatorKeys: async () => [given.operatorKey],
  revokeOperatorKey: async () => {},
  listAudit: async () => ({
    items: [
      {
        id: given.id,
        at: given.now,
        actor: { kind: 'operator-key', id: given.id, name: 'night shift' },
        action: 'tenant.suspended',
        target: given.otherId,
        details: {},
      },
    ],
  }),
  countQueues: async () => [
    {
      queue: 'submit-consent',
      owed: 1,
      due: 1,
      handedOut: 0,
      failing: 0,
      oldestDueSeconds: 2,
      engine: { waiting: 0, active: 0 },
    },
  ],
  ...replaced,
});
