import { isInForce } from '../../domain/consent.ts';
import { keptProblem, Problem } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import { coalesced } from '../../lib/coalesce.ts';
import { sharedAsks } from '../../lib/shared-asks.ts';
import { problemLink } from '../access/problem-link.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { TokenRow } from '../store-port.ts';
import type { AuditEntry, ByTenant, UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { isOffered } from './is-offered.ts';
import { knownToken, openToken, type ReadyToken, type TokenNeed } from './known-token.ts';
import { noteUse } from './note-use.ts';

/** How long a caller waits for a worker to fetch a token. */
const patienceMs = 10_000;

/**
 * A token for a tenant's app. The API never speaks to Maskinporten: what is not there is owed to a worker and waited for.
 * However many of a process want the same one at once, they look, owe and wait together.
 *
 * @throws Problem the refusal as the worker met it, with the link for whoever must act; `token-not-ready`
 */
export const awaitToken = (parts: Parts) => {
  const { clock, store, notices } = parts;
  const known = knownToken(parts);
  const isUsed = noteUse(parts);
  const used = (need: TokenNeed, ready: ReadyToken): ReadyToken => {
    if (need.consentId === undefined) isUsed(need.tenantId, ready.id);
    return ready;
  };
  const withLink = (error: unknown): unknown => {
    if (!(error instanceof Problem)) return error;
    const { link } = problemLink(parts.settings, problems[error.code].mover);
    return new Problem(error.code, error.detail, { ...error.more, link });
  };
  const asks = sharedAsks<ReadyToken>((error) => error instanceof Problem && error.code === 'token-not-ready');
  const ask = async (need: TokenNeed): Promise<ReadyToken> => {
    const found = await known(need).catch((error: unknown) => {
      throw withLink(error);
    });
    if ('ready' in found) return used(need, found.ready);
    const { id } = found.row;
    const asked = clock.now();
    await store.asTenant(need.tenantId, async (rows) => {
      // What this process knows of the tenant may be a moment old; its work rests, and the caller would wait in vain.
      if ((await rows.tenant()).status === 'suspended')
        throw new Problem('tenant-suspended', 'The operator has suspended this tenant');
      await rows.outbox.owe('fetch-token', id, asked, asked);
    });
    const isRefused = ({ failure, failedUntil }: TokenRow): boolean =>
      failure !== undefined && failedUntil !== undefined && failedUntil > asked;
    const row = await waitFor(notices, {
      topic: `token:${id}`,
      timeoutMs: patienceMs,
      tenantId: need.tenantId,
      look: () => store.asTenant(need.tenantId, (rows) => rows.tokens.find(id)),
      // A row that is gone was taken back: the consent has ended, or the tenant was suspended.
      isEnough: (latest) => latest === undefined || openToken(parts, latest) !== undefined || isRefused(latest),
    });
    const ready = row && openToken(parts, row);
    if (ready) return used(need, ready);
    if (row?.failure && isRefused(row))
      throw withLink(
        new Problem(
          row.failure.code,
          row.failure.detail,
          keptProblem(new Problem(row.failure.code, row.failure.detail, row.failure)),
        ),
      );
    throw new Problem('token-not-ready', 'No worker has fetched the token yet', { retryAfterSeconds: 2 });
  };
  return (need: TokenNeed): Promise<ReadyToken> => {
    const { tenantId, scope, resource, consentId } = need;
    return asks(JSON.stringify([tenantId, scope, resource, consentId]), () => ask(need));
  };
};

/** Written before the answer leaves; those of one tenant that come while some are being written go in one transaction. */
const noteHandOuts = ({ store }: Parts): ((tenantId: string, entry: AuditEntry) => Promise<void>) =>
  coalesced<AuditEntry, void>(
    (groups) =>
      Promise.all(
        groups.map(({ key, asks }) =>
          store.asTenant(key, async (rows) => {
            await rows.audit.addAll(asks);
            return asks.map(() => undefined);
          }),
        ),
      ),
    { lanes: 2, most: { groups: 4, asks: 100 } },
  );

export const readToken = (parts: Parts): UseCases['readToken'] => {
  const token = awaitToken(parts);
  const note = noteHandOuts(parts);
  return async (by: ByTenant, { scope, resource }) => {
    const { tenantId, tenant } = by.caller;
    if (!(await isOffered(parts, tenant.services, scope)))
      throw new Problem('scope-not-offered', `No service of this tenant names ${scope} as its data scope`);
    const { token: text, expiresAt } = await token({
      tenantId,
      scope,
      ...(resource === undefined ? {} : { resource: [resource] }),
    });
    await note(tenantId, auditEntry(parts, by, 'token.handed-out', scope, {}, tenantId));
    return { token: text, expiresAt, scope };
  };
};

/** Altinn 3 folds both tokens into one: Maskinporten's, asked for with the data scope and the consent. */
export const readConsentTokens = (parts: Parts): UseCases['readConsentTokens'] => {
  const { clock, store, memories } = parts;
  const token = awaitToken(parts);
  return async (by, id) => {
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
    const asked = consent.rights.map(({ service }) => service);
    const scopes = new Set(
      asked.map((service) => services.get(service)?.dataScope).filter((scope) => scope !== undefined),
    );
    for (const scope of scopes)
      if (!(await isOffered(parts, asked, scope)))
        throw new Problem('scope-not-offered', `${scope} is a scope of the hub’s own`);
    try {
      const tokens = await Promise.all([...scopes].map((scope) => token({ tenantId, scope, consentId: id })));
      await store.asTenant(tenantId, (rows) =>
        rows.audit.add(auditEntry(parts, by, 'consent-token.handed-out', id, { scopes: [...scopes] }, tenantId)),
      );
      return tokens.map(({ token: text, expiresAt }) => ({
        kind: 'maskinporten',
        token: text,
        header: 'Authorization',
        expiresAt: new Date(Math.min(expiresAt.getTime(), consent.validTo.getTime())),
      }));
    } catch (error) {
      // Maskinporten does not say what is wrong with a consent; Altinn knows.
      if (error instanceof Problem && error.code === 'consent-not-usable')
        await store.asTenant(tenantId, (rows) => rows.outbox.owe('read-consent', id, clock.now(), clock.now()));
      throw error;
    }
  };
};
