import { isInForce } from '../../domain/consent.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { ByTenant, HandedToken, UseCases } from '../use-cases.ts';
import { awaitToken } from './await-token.ts';
import { isOffered } from './is-offered.ts';
import type { ReadyToken } from './known-token.ts';
import { noteUse } from './note-use.ts';
import { tokensAtHand } from './tokens-at-hand.ts';

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);

/** A token for a data scope of the tenant's services, and counted. @throws Problem as `awaitToken`; `scope-not-offered` */
export const readToken = (parts: Parts): UseCases['readToken'] => {
  const atHand = tokensAtHand(parts);
  const token = awaitToken(parts);
  const isUsed = noteUse(parts);
  /** One object for each token at hand, for as long as it is at hand. */
  const handed = new WeakMap<ReadyToken, Awaited<ReturnType<UseCases['readToken']>>>();
  const longWay = async (tenantId: string, services: string[], scope: string, resource: string | undefined) => {
    if (!(await isOffered(parts, services, scope)))
      throw new Problem('scope-not-offered', `No service of this tenant names ${scope} as its data scope`);
    return token({ tenantId, scope, ...(resource === undefined ? {} : { resource: [resource] }) });
  };
  const handOut = ({ caller: { tenantId, keyId } }: ByTenant, scope: string, ready: ReadyToken) => {
    isUsed(tenantId, ready.id);
    parts.tokenCounter.count(tenantId, keyId, scope);
    const known = handed.get(ready);
    if (known) return known;
    const made = { token: ready.token, expiresAt: ready.expiresAt, scope };
    handed.set(ready, made);
    return made;
  };
  return (by: ByTenant, { scope, resource }) => {
    const { tenantId, tenant } = by.caller;
    const near = atHand(tenant, { scope, resource });
    if (!near) return longWay(tenantId, tenant.services, scope, resource).then((ready) => handOut(by, scope, ready));
    parts.tokenMetrics.handedOut('memory', near.expiresAt.getTime() - parts.clock.now().getTime());
    return handOut(by, scope, near);
  };
};

/** Where data sources of Altinn 2 look for the consent token, unless their service says otherwise. */
const usualHeader = 'AltinnSamtykke';

/** What the tokens are for: `action` stands in the audit, `service` is the one they are for, where not for all of the consent's. */
type TokenUse = { action: string; service?: string };

/**
 * Altinn 3 folds both tokens into one: Maskinporten's, asked for with the data scope and the consent. Altinn 2 has two:
 * Maskinporten's says who asks, and its own what a person consented to.
 */
export const consentTokens = (parts: Parts) => {
  const { clock, store, memories, settings } = parts;
  const token = awaitToken(parts);
  return async (by: ByTenant, id: string, { action, service: only }: TokenUse): Promise<HandedToken[]> => {
    const { tenantId } = by.caller;
    const found = await store.asTenant(tenantId, (rows) => rows.consents.find(id));
    if (!found) throw new Problem('consent-not-found', 'No consent with this id');
    const { consent } = found;
    if (!isInForce(consent, clock.now()))
      throw new Problem(
        'consent-not-accepted',
        `The consent is ${consent.status === 'accepted' ? 'past its end' : consent.status}`,
        { consentId: id },
      );
    const services = await memories.services();
    const asked = consent.rights
      .map(({ service }) => service)
      .filter((service) => only === undefined || service === only);
    const scopes = new Set(
      asked.map((service) => services.get(service)?.dataScope).filter((scope) => scope !== undefined),
    );
    for (const scope of scopes)
      if (!(await isOffered(parts, asked, scope)))
        throw new Problem('scope-not-offered', `${scope} is a scope of the hub’s own`);
    try {
      const isAltinn2 = consent.generation === 'altinn2';
      const carried = isAltinn2 ? {} : { consentId: id };
      const own = { tenantId, scope: settings.altinn2.tokenScope, consentId: id };
      const [consentToken, ...tokens] = await Promise.all([
        isAltinn2 ? token(own) : undefined,
        ...[...scopes].map((scope) => token({ tenantId, scope, ...carried })),
      ]);
      const headers = new Set(asked.map((service) => services.get(service)?.consentHeader ?? usualHeader));
      await store.asTenant(tenantId, (rows) =>
        rows.audit.add(
          auditEntry(
            parts,
            by,
            action,
            id,
            { scopes: [...scopes], ...(only === undefined ? {} : { service: only }) },
            tenantId,
          ),
        ),
      );
      for (const scope of scopes) parts.tokenCounter.count(tenantId, by.caller.keyId, scope);
      const shown = (kind: 'maskinporten' | 'consent', header: string, ready: ReadyToken | undefined) =>
        ready ? [{ kind, header, token: ready.token, expiresAt: earlier(ready.expiresAt, consent.validTo) }] : [];
      return [
        ...tokens.flatMap((ready) => shown('maskinporten', 'Authorization', ready)),
        ...[...headers].flatMap((header) => shown('consent', header, consentToken)),
      ];
    } catch (error) {
      // Maskinporten does not say what is wrong with a consent; Altinn knows.
      if (error instanceof Problem && error.code === 'consent-not-usable')
        await store.asTenant(tenantId, (rows) => rows.outbox.owe('read-consent', id, clock.now(), clock.now()));
      throw error;
    }
  };
};

export type ConsentTokens = ReturnType<typeof consentTokens>;

/** The tokens of a consent, to the tenant itself. */
export const readConsentTokens = (parts: Parts): UseCases['readConsentTokens'] => {
  const tokens = consentTokens(parts);
  return (by, id) => tokens(by, id, { action: 'consent-token.handed-out' });
};
