import type pg from 'pg';
import { coalesced } from '../lib/coalesce.ts';
import type { ConsentDraft, Created, Store } from '../usecases/store-port.ts';
import { knownFault } from './doors.ts';

const hex = (bytes: Uint8Array): string =>
  `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;

/** A row as `create_consents` reads it out of JSON. */
const toRow = (draft: ConsentDraft) => ({
  id: draft.id,
  generation: draft.generation,
  reference: draft.reference,
  party_kind: draft.party.kind,
  party_masked: draft.party.masked,
  party_lookup: hex(draft.partyLookup),
  party_sealed: hex(draft.partySealed),
  rights: draft.rights,
  valid_to: draft.validTo,
  redirect_url: draft.redirectUrl,
  message: draft.message,
  created_by: draft.createdBy,
  key: draft.idempotency?.key,
  body_hmac: draft.idempotency && hex(draft.idempotency.bodyHmac),
});

/** Requests that share one statement at most: it grows no faster beyond, and a failure fails fewer. */
const mostAtOnce = 64;

type Ask = { draft: ConsentDraft; now: Date };
type Settled = { created: Created } | { error: unknown };

/** Something in the rows themselves: a value PostgreSQL does not take (22), or one that breaks a rule (23). */
const isOfData = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code));

/**
 * The hot write. One statement each, or one for several of the same tenant and route that come while another is under way;
 * never of two tenants, since the function sets the tenant once.
 */
export const consentCreator = (pool: pg.Pool, tell: (topic: string) => void): Store['createConsent'] => {
  const inOneStatement = async (key: string, asks: readonly Ask[]): Promise<Created[]> => {
    const [tenantId, route] = key.split('\n');
    const { rows } = await pool.query<{ asked: string; consent_id: string; outcome: Created['outcome'] }>({
      name: 'create-consents',
      text: 'select asked, consent_id, outcome from create_consents($1, $2, $3, $4)',
      values: [tenantId, asks[0]?.now, route, JSON.stringify(asks.map(({ draft }) => toRow(draft)))],
    });
    if (rows.some(({ outcome }) => outcome === 'created')) tell('work:submit-consent');
    const outcomes = new Map(rows.map((row) => [row.asked, row]));
    return asks.map(({ draft }) => {
      const row = outcomes.get(draft.id);
      if (!row) throw new Error('create_consents answered fewer rows than it was asked');
      return { consentId: row.consent_id, outcome: row.outcome };
    });
  };

  const settled = async (key: string, asks: readonly Ask[]): Promise<Settled[]> => {
    try {
      return (await inOneStatement(key, asks)).map((created) => ({ created }));
    } catch (error) {
      if (asks.length === 1 || !isOfData(error)) return asks.map(() => ({ error }));
      // One of them is at fault, and none was written: each is asked by itself, so that the others succeed.
      const each: Settled[] = [];
      for (const ask of asks) each.push(...(await settled(key, [ask])));
      return each;
    }
  };

  const create = coalesced(settled, mostAtOnce);
  return async (tenantId, route, draft, now) => {
    const outcome = await create(`${tenantId}\n${route}`, { draft, now });
    if ('error' in outcome) throw knownFault(outcome.error);
    return outcome.created;
  };
};
