import { Problem } from '../../domain/problem.ts';
import { upstreamName } from '../../domain/service.ts';
import { callingAltinn2 } from '../consents/upstream.ts';
import type { Parts } from '../memory.ts';
import type { TokenFor } from '../tokens/known-token.ts';
import { withToken } from '../tokens/with-token.ts';
import type { Work } from '../use-cases.ts';

/** For good: what has ended is not told of any more, and a one-time consent ended with the use before. */
const noMore: ReadonlySet<string> = new Set(['altinn-refused', 'consent-not-at-altinn']);

/**
 * Tells Altinn 2 that data of a consent were read. It ends a one-time consent by that, so the consent is read again when it
 * was told, or would not hear of it.
 */
export const logUse = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, store, memories, altinn2, log } = parts;
  const asking = callingAltinn2(parts, withToken(parts, tokenFor));
  return async ({ tenantId, subjectId: id }, signal) => {
    const [found, uses] = await store.asTenant(tenantId, async (rows) => [
      await rows.consents.find(id),
      await rows.consents.uses(id),
    ]);
    const code = found?.consent.upstreamId;
    const catalogue = await memories.services();
    for (const use of uses) {
      const service = catalogue.get(use.service);
      if (code !== undefined && found?.consent.generation === 'altinn2' && service)
        await asking(tenantId, 'tokens', signal, (token) =>
          altinn2.logUse(code, { resource: upstreamName(service), at: use.at }, token, signal),
        ).catch(async (error: unknown) => {
          if (!(error instanceof Problem) || !noMore.has(error.code)) throw error;
          // A key or token that is not taken is refused in the same words: then its list is not shown either, and all is tried again.
          await asking(tenantId, 'requests', signal, (token) => altinn2.list({ after: use.at }, token, signal));
          log.warn({ tenantId, consentId: id, problem: error.code }, 'altinn 2 does not take note of a use');
        });
      const now = clock.now();
      await store.asTenant(tenantId, async (rows) => {
        await rows.consents.useLogged(id, use);
        await rows.outbox.owe('read-consent', id, now, now);
      });
    }
    return undefined;
  };
};
