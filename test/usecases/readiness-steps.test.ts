import { expect, test } from 'vitest';
import type { Access } from '../../src/domain/access.ts';
import { standingOf } from '../../src/domain/readiness.ts';
import type { Service } from '../../src/domain/service.ts';
import { readinessFrom } from '../../src/usecases/access/steps.ts';
import type { ClientWithKeys } from '../../src/usecases/memory.ts';
import * as given from '../http/given.ts';

const now = new Date('2026-11-24T12:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000);
const administration = 'altinn:consentrequests.write';
const data = 'skatteetaten:inntekt';

const client = (
  purpose: 'consents' | 'data',
  scopes: string[],
  change: Partial<ClientWithKeys> = {},
): ClientWithKeys => ({
  id: purpose,
  name: purpose,
  clientId: purpose,
  purpose,
  scopes,
  keys: [{ id: purpose, state: 'active', createdAt: now, expiresAt: inDays(300), kid: 'k', certificateChain: [] }],
  probes: 0,
  createdAt: now,
  updatedAt: now,
  ...change,
});
const expiring = (days: number): Partial<ClientWithKeys> => ({
  keys: [{ id: 'k', state: 'active', createdAt: now, expiresAt: inDays(days), kid: 'k', certificateChain: [] }],
});
const granted = (name: string, change: Partial<Access> = {}): Access => ({
  tenantId: given.tenant.id,
  id: name,
  kind: 'scope',
  name,
  state: 'granted',
  since: now,
  checkedAt: now,
  probes: 0,
  ...change,
});

const service: Service = {
  ...given.service,
  key: 'ske-inntekt',
  generation: 'altinn3',
  dataScope: data,
  checkDataAccess: true,
};
const standing = (clients: ClientWithKeys[], access: Access[], redirectUrls = ['https://bank.example/done']) => {
  const house = {
    clients,
    catalogue: new Map([[service.key, service]]),
    settings: {
      links: {
        delegate: 'https://delegate.example',
        grant: 'https://grant.example',
        selfService: 'https://own.example',
      },
      consentScope: administration,
      ownScopes: administration,
      altinn2: { consentScope: 'a', tokenScope: 'b', lostAfterMs: 1, byCertificate: false },
    },
    now,
  };
  const tenant = { ...given.tenant, services: [service.key], redirectUrls };
  const [found] = readinessFrom(house, { tenant, access }).services;
  if (!found) throw new Error('the service is not told');
  const { ready, left } = standingOf(tenant, found);
  return { ready, left: left.map(({ step, state, mover }) => `${step} ${state} ${mover}`), steps: found.steps };
};

const consents = client('consents', [administration]);
const both = [granted(administration), granted(data)];

test('a key near its end is the operator’s next move, and stops nobody; one that has ended does', () => {
  const keyed = (days: number) => standing([consents, client('data', [data], expiring(days))], both);
  expect(keyed(31)).toMatchObject({ ready: true, left: [] });
  expect(keyed(29)).toMatchObject({ ready: true, left: ['client-key missing operator'] });
  expect(keyed(-1)).toMatchObject({ ready: false, left: ['client-key missing operator'] });
});

test('what the operator’s own client lacks is told as that, by the hub’s register or by Maskinporten', () => {
  const without = standing([consents], both);
  expect(without).toMatchObject({ ready: false, left: ['client missing operator'] });
  expect(without.steps[0]).toMatchObject({ reason: 'client-missing', knownBy: 'client', link: 'https://own.example' });
  const ownProblem = { code: 'client-scope-missing', mover: 'operator', detail: 'register it' } as const;
  const refused = granted(data, { state: 'missing', problem: ownProblem, ownProblem });
  const told = standing([consents, client('data', [data])], [granted(administration), refused]);
  expect(told).toMatchObject({ ready: false, left: ['client missing operator'] });
  expect(told.steps[0]).toMatchObject({ reason: 'client-scope-missing', knownBy: 'token', text: 'register it' });
});

test('what nobody has looked at is nobody’s move, and the first consent finds out about lists', () => {
  const clients = [consents, client('data', [data])];
  expect(standing(clients, []).left).toEqual([
    'consent-administration unknown nobody',
    'data-grant unknown nobody',
    'data-delegation unknown nobody',
  ]);
  expect(standing(clients, both, []).left).toEqual(['redirect-address missing operator']);
  const list = granted('ske-inntekt', {
    kind: 'service',
    state: 'missing',
    problem: { code: 'not-on-access-list', mover: 'api-owner', detail: 'let it ask' },
  });
  expect(standing(clients, [...both, list])).toMatchObject({ ready: false, left: ['access-list missing api-owner'] });
  expect(standing(clients, both).steps.find(({ step }) => step === 'access-list')).toMatchObject({
    state: 'unknown',
    knownBy: 'consent',
  });
});
