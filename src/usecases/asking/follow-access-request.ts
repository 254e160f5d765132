import { type AccessRequest, isOpen, nextLookAt } from '../../domain/access-request.ts';
import { fateOf, Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import { linkedProblem } from '../access/problem-link.ts';
import type { Asked } from '../asking-port.ts';
import type { Parts } from '../memory.ts';
import { openAdminTokens } from '../tokens/admin-token.ts';
import { signingKeys } from '../tokens/signing-keys.ts';
import type { Tenant, Work } from '../use-cases.ts';

/** An administrator reads this in Altinn. */
const message =
  'Vi ber om at dere delegerer API-tilgang til oss som leverandør, slik at vi kan be om samtykker og hente data på vegne av dere.';

type Change = Partial<Pick<AccessRequest, 'status' | 'upstreamId' | 'problem'>>;

/**
 * Puts a request to the tenant's administrators, and looks how it stands until it is answered. Nothing is granted by the answer: a
 * token is asked for, and what that says is what counts.
 *
 * It is looked for before it is made, since an answer to us may have been lost: nobody is asked twice.
 */
export const followAccessRequest = (parts: Parts): Work => {
  const { clock, store, memories, settings, askFor, log } = parts;
  const tokens = openAdminTokens({ ...parts, clients: memories.clients, keyOf: signingKeys(parts) });

  const asked = async (tenant: Tenant, { service }: AccessRequest, signal: AbortSignal): Promise<Asked | undefined> => {
    if (!askFor) throw new Problem('cannot-be-asked', 'HUB_ASK_FOR_ACCESS is not set any more');
    const { orgno, name } = tenant;
    const found = await askFor.findOpen({ orgno, service }, await tokens(askFor.scopes.read, signal), signal);
    if (found) return found;
    const returnTo = settings.links.delegate;
    return askFor.ask({ orgno, name, service, returnTo, message }, await tokens(askFor.scopes.write, signal), signal);
  };

  const followed = async (tenant: Tenant, request: AccessRequest, signal: AbortSignal): Promise<Change> => {
    const { upstreamId, service } = request;
    if (!askFor || upstreamId === undefined) return (await asked(tenant, request, signal)) ?? {};
    const token = await tokens(askFor.scopes.read, signal);
    const status = await askFor.read(upstreamId, token, signal);
    if (status) return { status };
    // Gone, or our key is refused, which looks the same; the list tells one from the other.
    const other = await askFor.findOpen({ orgno: tenant.orgno, service }, token, signal);
    if (other) return other;
    throw new Problem('altinn-refused', 'The request is not there any more: somebody has withdrawn it.');
  };

  const keep = (tenantId: string, id: string, change: Change) =>
    store.asTenant(tenantId, async (rows) => {
      const before = await rows.accessRequests.find(id);
      if (!before || !isOpen(before)) return undefined;
      const now = clock.now();
      const request = { ...before, ...change, updatedAt: now };
      await rows.accessRequests.save(request);
      if (request.status === 'accepted')
        for (const access of await rows.access.list())
          if (access.kind === 'scope' && scopesNamed(access.name).some((scope) => request.scopes.includes(scope)))
            await rows.outbox.owe('probe-access', access.id, now, now);
      if (request.status !== before.status)
        log.info({ tenantId, accessRequestId: id, status: request.status }, 'access was asked for');
      return request;
    });

  return async ({ tenantId, subjectId }, signal) => {
    const { tenant, request } = await store.asTenant(tenantId, async (rows) => ({
      tenant: await rows.tenant(),
      request: await rows.accessRequests.find(subjectId),
    }));
    if (!request || !isOpen(request)) return undefined;
    const change = await followed(tenant, request, signal).catch((error: unknown): Change => {
      // An outage, or the operator's own token: it is tried again. Anything else would be refused the same again.
      const isFinal = error instanceof Problem && (fateOf(error) === 'final' || error.code === 'cannot-be-asked');
      if (!isFinal) throw error;
      return { status: 'failed', problem: linkedProblem(settings, error) };
    });
    const kept = await keep(tenantId, subjectId, change);
    if (!kept || !isOpen(kept)) return undefined;
    const nextAt = nextLookAt(kept, clock.now());
    if (nextAt) return { nextAt };
    const problem = new Problem('access-request-unanswered', 'Nobody has answered it.', {
      link: settings.links.delegate,
    });
    await keep(tenantId, subjectId, { status: 'failed', problem: linkedProblem(settings, problem) });
    return undefined;
  };
};
