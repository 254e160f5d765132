import { Problem } from '../../domain/problem.ts';
import type { Parts } from '../memory.ts';
import type { Work } from '../use-cases.ts';
import type { TokenFor } from './token-for.ts';

/** Fetches what an API process asked for. A refusal is kept in the token's row, where the asker reads it: no second try here. */
export const fetchToken =
  ({ store }: Pick<Parts, 'store'>, tokenFor: TokenFor): Work =>
  async ({ tenantId, subjectId }, signal) => {
    const row = await store.asTenant(tenantId, (rows) => rows.tokens.find(subjectId));
    const [scope] = row?.scopes ?? [];
    if (!row || scope === undefined) return undefined;
    const need = {
      tenantId,
      scope,
      resource: row.resource,
      ...(row.consentId === undefined ? {} : { consentId: row.consentId }),
    };
    await tokenFor(need, signal).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
    });
    return undefined;
  };
