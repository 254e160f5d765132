import type { AccessRequest } from '../../src/domain/access-request.ts';
import type { Examined } from '../../src/domain/client-scopes.ts';
import type { Consent } from '../../src/domain/consent.ts';
import type { Invitation } from '../../src/domain/invitation.ts';
import type { Readiness, Standing } from '../../src/domain/readiness.ts';
import type { Service } from '../../src/domain/service.ts';
import type {
  ApiKey,
  Delivery,
  MaskinportenClient,
  OperatorKey,
  Tenant,
  WebhookEndpoint,
} from '../../src/usecases/use-cases.ts';

export const now = new Date('2026-11-24T08:30:00.000Z');
const times = { createdAt: now, updatedAt: now };

/** Ends in eleven digits after a letter, as one uuid in some hundreds does. */
export const id = '0193627c-9c3e-7d1a-b0a4-a12345678901';
export const otherId = '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77';

/** A synthetic person and organisation with right check digits. */
export const person = '25922947409';
export const organization = '910514318';

export const ask = {
  from: { person },
  rights: [{ service: 'ske-inntekt', metadata: { fraogmed: '2024-01', tilogmed: '2024-12' } }],
  validTo: '2026-12-24T12:00:00Z',
  redirectUrl: 'https://bank.example/done',
  reference: 'loan-4711',
};

export const consent: Consent = {
  tenantId: otherId,
  id,
  status: 'queued',
  version: 1,
  generation: 'altinn3',
  reference: 'loan-4711',
  party: { kind: 'person', masked: '259229*****' },
  rights: ask.rights,
  validTo: new Date(ask.validTo),
  redirectUrl: ask.redirectUrl,
  ...times,
};

export const tenant: Tenant = {
  id: otherId,
  orgno: organization,
  name: 'Fjordbanken ASA',
  status: 'active',
  redirectUrls: ['https://bank.example/done'],
  services: ['ske-inntekt'],
  ...times,
};

export const service: Service = {
  key: 'ske-inntekt',
  generation: 'altinn3',
  resource: 'ske-inntekt',
  dataScope: 'skatteetaten:inntekt',
  metadata: ['fraogmed', 'tilogmed'],
  messageAllowed: false,
  dataPaths: [],
  checkDataAccess: true,
};

export const endpoint: WebhookEndpoint = {
  id,
  url: 'https://bank.example/hook',
  events: [],
  status: 'enabled',
  health: { failuresInARow: 0, pending: 0, held: 0 },
  signing: 'v1',
  publicKeys: [],
  ...times,
};

export const delivery: Delivery = {
  id,
  endpointId: otherId,
  event: { id: otherId, type: 'consent.accepted', sequence: 3 },
  status: 'pending',
  replay: false,
  gaveUp: [],
  attempts: [{ number: 1, at: now, durationMs: 12, httpStatus: 500 }],
  nextAt: now,
  createdAt: now,
};

export const apiKey: ApiKey = {
  id,
  name: 'loans',
  kind: 'secret',
  prefix: 'hub_t_abc',
  scopes: ['consents:read'],
  createdBy: otherId,
  createdAt: now,
};
export const operatorKey: OperatorKey = {
  id,
  name: 'night shift',
  prefix: 'hub_o_abc',
  role: 'support',
  createdBy: 'bootstrap',
  createdAt: now,
};

export const client: Examined<MaskinportenClient> = {
  warnings: [],
  id,
  name: 'consents',
  clientId: 'b3f7',
  purpose: 'consents',
  scopes: ['altinn:consentrequests.write'],
  keys: [
    {
      id: otherId,
      kid: 'k1',
      state: 'active',
      publicJwk: { kty: 'RSA', n: 'abc', e: 'AQAB', d: 'private' },
      createdAt: now,
    },
  ],
  ...times,
};

export const readiness: Readiness = {
  services: [
    {
      service: 'ske-inntekt',
      ready: false,
      steps: [
        {
          step: 'data-delegation',
          state: 'missing',
          mover: 'tenant',
          text: 'Delegate in Altinn',
          knownBy: 'token',
          blocks: true,
          since: now,
        },
      ],
    },
  ],
};

export const standing: Standing = {
  tenant: { id, orgno: '313876144', name: 'Banken', status: 'active' },
  service: 'ske-inntekt',
  ready: true,
  left: [],
  since: now,
};
export const invitation: Invitation = {
  id,
  language: 'nb',
  createdAt: now,
  sentAt: now,
  expiresAt: new Date(now.getTime() + 30 * 24 * 60 * 60 * 1000),
  openings: 0,
};
export const invitationLink = 'https://hub.example/invitation/pXl0-o9Jm1X6mVb0o6c1pQk3v2yJr8sT4uWzAeBdCfE';
export const usage = {
  month: '2026-11',
  isComplete: false,
  consentsRequested: 3,
  consentsAccepted: 2,
  tokensHandedOut: 9,
  dataCalls: 4,
  webhooksDelivered: 5,
};

export const tokenUse = {
  keyId: id,
  scope: 'skatteetaten:inntekt',
  per: 'day',
  from: now,
  tokens: 3,
  lastAt: now,
} as const;

export const accessRequest: AccessRequest = {
  ...{ id, service: '5601_1', scopes: ['altinn:consentrequests.write'], status: 'failed' },
  problem: { code: 'altinn-refused', detail: 'Altinn refused it', mover: 'nobody' },
  ...times,
};
