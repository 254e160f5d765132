import type { Access } from '../../domain/access.ts';
import { type Readiness, type ReadinessStep, withVerdict } from '../../domain/readiness.ts';
import type { Service } from '../../domain/service.ts';
import type { TenantStanding } from '../access-port.ts';
import { scopesOf } from '../consents/upstream.ts';
import type { ClientWithKeys } from '../memory.ts';
import type { Settings } from '../ports.ts';
import { accessListStep, dataSteps, ownScopeStep } from './access-steps.ts';
import { clientSteps } from './client-steps.ts';

/** What is the same for all tenants. */
export type House = {
  clients: readonly ClientWithKeys[];
  catalogue: ReadonlyMap<string, Service>;
  settings: Pick<Settings, 'links' | 'ownScopes' | 'consentScope' | 'altinn2'>;
  now: Date;
};

const settingStep = (
  step: 'redirect-address' | 'webhook',
  done: boolean,
  mover: 'tenant' | 'operator',
  text: string,
  since: Date,
): ReadinessStep => ({
  step,
  state: done ? 'done' : 'missing',
  mover: done ? 'nobody' : mover,
  text,
  knownBy: 'settings',
  // Whoever follows the events otherwise needs no webhook.
  blocks: !done && step !== 'webhook',
  since,
});

/** Per service: what is in place, what is missing and whose move it is, from what was found out and never from a box ticked. */
export const readinessFrom = (
  { clients, catalogue, settings, now }: House,
  { tenant, access, webhookSince }: TenantStanding,
): Readiness => {
  const of = (kind: Access['kind'], name: string) => access.find((one) => one.kind === kind && one.name === name);
  const begin = tenant.createdAt;
  const given = { orgno: tenant.orgno, links: settings.links, begin };
  const stepsOf = ({ key, dataScope, checkDataAccess, generation }: Service): ReadinessStep[] => {
    const own = scopesOf(settings, generation);
    return [
      ...clientSteps({ clients, scopes: [...own, dataScope], access, settings, begin, now }),
      ...own.map((scope, place) =>
        ownScopeStep(place === 0 ? 'consent-administration' : 'consent-tokens', of('scope', scope), given),
      ),
      ...(checkDataAccess ? dataSteps(dataScope, of('scope', dataScope), given) : []),
      accessListStep(of('service', key), given),
      settingStep(
        'redirect-address',
        tenant.redirectUrls.length > 0,
        'operator',
        'A return address for browsers is registered',
        tenant.updatedAt,
      ),
      settingStep(
        'webhook',
        webhookSince !== undefined,
        'tenant',
        'A webhook endpoint is set up',
        webhookSince ?? begin,
      ),
    ];
  };
  const services = tenant.services.map((key) => catalogue.get(key)).filter((service) => service !== undefined);
  return { services: services.map((service) => withVerdict(service.key, stepsOf(service))) };
};
