import type { Socket } from 'node:net';
import type pg from 'pg';
import { coalesced, type Group } from '../lib/coalesce.ts';
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

/** A statement grows no faster beyond so many rows, nor a transaction beyond so many statements; and a failure fails fewer. */
const most = { groups: 32, asks: 64 };

type Ask = { draft: ConsentDraft; now: Date };
type Settled = { created: Created } | { error: unknown };
type Row = { asked: string; consent_id: string; outcome: Created['outcome'] };

/** What PostgreSQL said of a statement, while the connection stands; anything else says nothing of what became of it. */
const isOfStatement = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(2|4[02]|P0)/.test(String(error.code));

const keyOf = ({ draft }: Ask): string => draft.idempotency?.key ?? '';
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The hot write. A statement holds rows of one tenant and route, since the function sets the tenant once; it holds several
 * when they come while others are under way. Statements of several tenants then share a transaction and its one flush to
 * disk. They are sent all at once and take their locks in one order, so that no two transactions wait for each other.
 *
 * @param pool connections in pipeline mode; each is a lane
 */
export const consentCreator = (pool: pg.Pool, tell: (topic: string) => void): Store['createConsent'] => {
  const ask = async (client: pg.PoolClient, { key, asks }: Group<Ask>): Promise<Settled[]> => {
    const [tenantId, route] = key.split('\n');
    const inOrder = [...asks].sort((a, b) => compare(keyOf(a), keyOf(b)));
    const { rows } = await client.query<Row>({
      name: 'create-consents',
      text: 'select asked, consent_id, outcome from create_consents($1, $2, $3, $4)',
      values: [tenantId, asks[0]?.now, route, JSON.stringify(inOrder.map(({ draft }) => toRow(draft)))],
    });
    const outcomes = new Map(rows.map((row) => [row.asked, row]));
    return asks.map(({ draft }) => {
      const row = outcomes.get(draft.id);
      if (!row) throw new Error('create_consents answered fewer rows than it was asked');
      return { created: { consentId: row.consent_id, outcome: row.outcome } };
    });
  };

  /** All or nothing: answers only once everything is on disk. */
  const together = async (client: pg.PoolClient, groups: readonly Group<Ask>[]): Promise<Settled[][]> => {
    const [only] = groups;
    if (only && groups.length === 1) return [await ask(client, only)];
    // Sent together, in one write; the commit of a transaction that failed is a rollback.
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    stream.cork();
    const begun = client.query('begin');
    const asked = groups.map((group) => ask(client, group));
    const ended = client.query('commit');
    stream.uncork();
    // Of several failures the first tells; those after it only say that the transaction had failed already.
    const [, answers] = await Promise.all([begun, Promise.all(asked), ended]);
    return answers;
  };

  /** One of them is at fault, and none was written: each is asked by itself, so that the others succeed. */
  const apart = async (client: pg.PoolClient, groups: readonly Group<Ask>[]): Promise<Settled[][]> => {
    const all: Settled[][] = [];
    for (const { key, asks } of groups) {
      const each: Settled[] = [];
      for (const one of asks) each.push(...(await settled(client, [{ key, asks: [one] }])).flat());
      all.push(each);
    }
    return all;
  };

  const settled = async (client: pg.PoolClient, groups: readonly Group<Ask>[]): Promise<Settled[][]> => {
    try {
      return await together(client, groups);
    } catch (error) {
      const many = groups.length > 1 || (groups[0]?.asks.length ?? 0) > 1;
      if (many && isOfStatement(error)) return apart(client, groups);
      return groups.map(({ asks }) => asks.map(() => ({ error })));
    }
  };

  const create = coalesced<Ask, Settled>(
    async (groups) => {
      const client = await pool.connect();
      try {
        const outcomes = await settled(client, groups);
        if (outcomes.flat().some((one) => 'created' in one && one.created.outcome === 'created'))
          tell('work:submit-consent');
        return outcomes;
      } finally {
        client.release();
      }
    },
    { lanes: pool.options.max, most },
  );
  return async (tenantId, route, draft, now) => {
    const outcome = await create(`${tenantId}\n${route}`, { draft, now }).catch((error: unknown) => {
      throw knownFault(error);
    });
    if ('error' in outcome) throw knownFault(outcome.error);
    return outcome.created;
  };
};
