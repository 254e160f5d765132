import type pg from 'pg';
import { coalesced, type Group } from '../lib/coalesce.ts';
import { oneByOne, type Settled } from '../lib/one-by-one.ts';
import type { ConsentDraft, Created } from '../usecases/consent-rows-port.ts';
import type { Store } from '../usecases/store-port.ts';
import { isOfStatement, knownFault } from './doors.ts';

const hex = (bytes: Uint8Array): string =>
  `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;

/** A row as `create_consents` reads it out of JSON. Times as texts: one `Date` in it, and V8 writes all of it the slow way. */
const toRow = (draft: ConsentDraft) => ({
  id: draft.id,
  generation: draft.generation,
  reference: draft.reference,
  party_kind: draft.party.kind,
  party_masked: draft.party.masked,
  party_lookup: hex(draft.partyLookup),
  party_sealed: hex(draft.partySealed),
  rights: draft.rights,
  valid_to: draft.validTo.toISOString(),
  redirect_url: draft.redirectUrl,
  message: draft.message,
  created_by: draft.createdBy,
  key: draft.idempotency?.key,
  body_hmac: draft.idempotency && hex(draft.idempotency.bodyHmac),
});

/** A statement grows no faster beyond so many tenants, nor so many rows of one; and a failure fails fewer. */
const most = { groups: 64, asks: 64 };

type Ask = { draft: ConsentDraft; now: Date };
/** One whose idempotency key had led to a consent before. */
type Known = { asked: string; consent_id: string; same: boolean };

const keyOf = ({ draft }: Ask): string => draft.idempotency?.key ?? '';
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A tenant's rows as `create_consents` takes them, in the order in which their locks are taken everywhere. */
const toGroup = ({ key: tenant, asks }: Group<Ask>) => {
  const rows = [...asks].sort((a, b) => compare(keyOf(a), keyOf(b))).map(({ draft }) => toRow(draft));
  return { tenant, now: asks[0]?.now.toISOString(), rows };
};

/**
 * The hot write. Creates that come while others are under way share one call of `create_consents`, and its one flush to
 * disk: all of it is written, or nothing. Groups, and rows within them, come in one order, so that no two calls wait for
 * each other.
 *
 * @param pool its connections are the lanes
 */
export const consentCreator = (pool: pg.Pool, tell: (topic: string) => void): Store['createConsent'] => {
  const together = async (groups: readonly Group<Ask>[]): Promise<Created[][]> => {
    const { rows } = await pool.query<Known>({
      name: 'create-consents',
      text: 'select asked, consent_id, same from create_consents($1)',
      values: [JSON.stringify(groups.map(toGroup))],
    });
    const known = new Map(rows.map((row) => [row.asked, row]));
    const outcomeOf = (id: string): Created => {
      const earlier = known.get(id);
      if (!earlier) return { consentId: id, outcome: 'created' };
      return { consentId: earlier.consent_id, outcome: earlier.same ? 'same' : 'different' };
    };
    return groups.map(({ asks }) => asks.map(({ draft }) => outcomeOf(draft.id)));
  };

  const settled = oneByOne(together, isOfStatement);
  const create = coalesced<Ask, Settled<Created>>(
    async (groups) => {
      const outcomes = await settled(groups);
      if (outcomes.some((group) => group.some((one) => 'result' in one && one.result.outcome === 'created')))
        tell('work:submit-consent');
      return outcomes;
    },
    { lanes: pool.options.max, most },
  );
  return async (tenantId, draft, now) => {
    const outcome = await create(tenantId, { draft, now }).catch((error: unknown) => {
      throw knownFault(error);
    });
    if ('error' in outcome) throw knownFault(outcome.error);
    return outcome.result;
  };
};
