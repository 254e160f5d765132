import type { InvitationPage, InvitedService, InvitedStep } from '../../domain/invitation.ts';
import { Problem } from '../../domain/problem.ts';
import type { Readiness, StepName } from '../../domain/readiness.ts';
import type { Service } from '../../domain/service.ts';
import { scopesNamed } from '../../domain/token.ts';
import { lookAtOnce, readinessOf } from '../access/readiness.ts';
import { systemEntry } from '../audit.ts';
import { scopesOf } from '../consents/upstream.ts';
import type { OpenedInvitation } from '../invitation-port.ts';
import type { Parts } from '../memory.ts';
import type { Settings } from '../ports.ts';
import type { UseCases } from '../use-cases.ts';
import { linkDigest } from './invitations.ts';

type Verbs = Pick<UseCases, 'openInvitation' | 'checkInvitation'>;

/** As looking at once keeps it: the page says beforehand when it may be asked for again. */
const checkAtMostEveryMs = 60_000;

/** A page of the hub's own, which nobody has logged in to. */
const entryOf = (parts: Parts, action: string, { id, tenantId }: OpenedInvitation, target: string) => ({
  ...systemEntry(parts, 'invitation-page', action, target, { invitation: id }),
  tenantId,
});

/** What a step is about, as Altinn lists it for whoever delegates. */
const scopesAt = (settings: Settings, step: StepName, { dataScope, generation }: Service): string[] => {
  const [administration = '', tokens = ''] = scopesOf(settings, generation);
  if (step === 'consent-administration') return scopesNamed(administration);
  if (step === 'consent-tokens') return scopesNamed(tokens);
  return step === 'data-grant' || step === 'data-delegation' ? scopesNamed(dataScope) : [];
};

const invited = (
  settings: Settings,
  { services }: Readiness,
  catalogue: ReadonlyMap<string, Service>,
): InvitedService[] =>
  services.flatMap(({ service: key, ready, steps }) => {
    const service = catalogue.get(key);
    if (!service) return [];
    const told = steps.map((step): InvitedStep => ({ ...step, scopes: scopesAt(settings, step.step, service) }));
    return [{ service: key, dataScope: service.dataScope, ready, steps: told }];
  });

/** The page for a tenant's administrator: whoever has the link reads it, and has it looked again. */
export const invitationPages = (parts: Parts): Verbs => {
  const { clock, store, memories, settings } = parts;
  const readiness = readinessOf(parts);
  const look = lookAtOnce(parts);
  const find = (secret: string, counts: boolean) => store.findInvitation(linkDigest(secret), clock.now(), counts);
  /** Whatever the address says of where its reader comes from: the first time is noted. */
  const open = async (secret: string, counts: boolean) => {
    const found = await find(secret, counts);
    return found && !found.isOpened ? find(secret, true) : found;
  };
  const tenantOf = async ({ tenantId }: OpenedInvitation) => (await memories.tenant.get(tenantId))?.tenant;

  return {
    async openInvitation(secret, counts): Promise<InvitationPage | undefined> {
      const found = await open(secret, counts);
      const tenant = found && (await tenantOf(found));
      if (!found || !tenant) return undefined;
      const now = clock.now();
      const checkedAt = await store.asTenant(tenant.id, async (rows) => {
        if (found.isFirst) await rows.audit.add(entryOf(parts, 'invitation.opened', found, found.id));
        return rows.audit.lastAt('readiness.checked');
      });
      const nextCheckAt = new Date((checkedAt?.getTime() ?? 0) + checkAtMostEveryMs);
      const texts = await store.asOperator((rows) => rows.invitationTexts.list());
      const { operatorName, operatorOrgno } = settings;
      return {
        ...(found.language ? { language: found.language } : {}),
        expiresAt: found.expiresAt,
        operator: { orgno: operatorOrgno, ...(operatorName === undefined ? {} : { name: operatorName }) },
        tenant: { name: tenant.name, orgno: tenant.orgno },
        services: invited(settings, await readiness(tenant), await memories.services()),
        delegateLink: settings.links.delegate,
        now,
        ...(nextCheckAt > now ? { nextCheckAt } : {}),
        texts: Object.fromEntries(texts.map(({ language, updatedAt: _, ...text }) => [language, text])),
      };
    },
    async checkInvitation(secret) {
      const found = await find(secret, false);
      const tenant = found && (await tenantOf(found));
      if (!found || !tenant) return false;
      const { action: _, ...looked } = entryOf(parts, '', found, tenant.id);
      await look(tenant, looked).catch((error: unknown) => {
        // Somebody just did; the page says when it may be asked for again.
        if (!(error instanceof Problem && error.code === 'too-many-requests')) throw error;
      });
      return true;
    },
  };
};
