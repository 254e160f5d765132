import type { Consent } from '../../domain/consent.ts';
import { type Moving, movedRights } from '../../domain/moving.ts';
import { partyUrn } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import { systemEntry } from '../audit.ts';
import type { SealedParty } from '../consent-rows-port.ts';
import type { Ports } from '../ports.ts';
import type { Tenant } from '../use-cases.ts';
import { changeConsent } from './change-consent.ts';
import type { ConsentReader, WholeConsent } from './moving-port.ts';
import { openParties } from './parties.ts';

/** What came of one consent: it would move, it has moved, or it stays where it is. */
export type MovingRow = Pick<Consent, 'id' | 'status'> & {
  code?: string;
  /** Its services, here and as they are called in Altinn 3. */
  from: string[];
  to: string[];
  outcome: 'moves' | 'moved' | 'stays';
  why?: string;
  notes: string[];
};

export type MovingAsk = Omit<Moving, 'offered'> & {
  tenant: Pick<Tenant, 'id' | 'services'>;
  /** Or only look what would move. */
  apply: boolean;
  /** One that may read this tenant's consents at Altinn 3. */
  token(): Promise<string>;
  /** Told after each consent; what is begun is finished when it stops. */
  tell(row: MovingRow): void;
  stop: AbortSignal;
};

type Parts = Pick<Ports, 'clock' | 'ids' | 'sealing'> & {
  settings: Pick<Ports['settings'], 'eraseAfterMs'>;
  store: Pick<Ports['store'], 'asTenant'>;
  altinn3: ConsentReader;
};

const pageSize = 100;
const atOnce = 4;
const timeoutMs = 10_000;
/** So many in a row without an answer: somebody else's bad day, and no reason to go on. */
const mostSilences = 8;
/** Altinn 2 wrote days without a zone: an hour or two is no other consent. */
const slackMs = 26 * 60 * 60 * 1000;

const sealedFrom = ({ sealing }: Parts, { consent, partySealed }: SealedParty): string | undefined =>
  partySealed && partyUrn(openParties(sealing, consent.tenantId, consent.id, partySealed).from);

/** Is it the same consent? Numbers written as such are compared; other names for a person say nothing to us. */
const mismatch = (ours: string | undefined, consent: Consent, whole: WholeConsent): string | undefined => {
  if (ours !== undefined && /identifier-no:\d+$/.test(whole.from) && whole.from.toLowerCase() !== ours)
    return 'it is about somebody else at Altinn 3';
  if (Math.abs(whole.validTo.getTime() - consent.validTo.getTime()) > slackMs)
    return `it ends at another time at Altinn 3: ${whole.validTo.toISOString()}`;
  return undefined;
};

type Plan = { row: MovingRow; move?: { rights: Consent['rights']; approvalUrl: string } };

/** What would become of one of them, after asking Altinn 3 for it. */
const planned = async (parts: Parts, ask: MovingAsk, found: SealedParty): Promise<Plan> => {
  const { consent } = found;
  const { id, status, upstreamId: code } = consent;
  const row = { id, status, from: consent.rights.map(({ service }) => service), to: [], notes: [] };
  const stays = (why: string): Plan => ({
    row: { ...row, ...(code === undefined ? {} : { code }), outcome: 'stays', why },
  });
  if (code === undefined) return stays('Altinn 2 has not taken it yet: it has no code');
  const whole = await parts.altinn3.readWhole(code, await ask.token(), AbortSignal.timeout(timeoutMs));
  const other = mismatch(sealedFrom(parts, found), consent, whole);
  if (other !== undefined) return stays(other);
  const { services, named, tenant } = ask;
  const moved = movedRights(consent.rights, whole.rights, { services, named, offered: tenant.services });
  if ('why' in moved) return stays(moved.why);
  const to = moved.rights.map(({ service }) => service);
  const known = status === 'pending' ? 'Created' : 'Accepted';
  const notes = whole.status === known ? [] : [`it is ${whole.status} at Altinn 3, which is read once it has moved`];
  return {
    row: { ...row, code, to, outcome: 'moves', notes },
    move: { rights: moved.rights, approvalUrl: whole.approvalUrl },
  };
};

/** One whole consent in one transaction: whoever is stopped half-way leaves each either here or there. */
const move = async (parts: Parts, seen: Consent, { rights, approvalUrl }: NonNullable<Plan['move']>) =>
  parts.store.asTenant(seen.tenantId, async (rows) => {
    const { id, tenantId } = seen;
    const before = await rows.consents.lock(id);
    if (before?.generation !== 'altinn2' || before.version !== seen.version || before.endedAt) return false;
    // Two tokens opened its data, and one does now.
    await rows.tokens.dropOfConsents([id]);
    const now = parts.clock.now();
    await rows.outbox.owe('read-consent', id, now, now);
    await rows.outbox.owe('read-feed', tenantId, now, now);
    const names = (all: Consent['rights']) => all.map(({ service }) => service);
    const details = { from: names(seen.rights), to: names(rights) };
    await rows.audit.add({ ...systemEntry(parts, 'migrate-consents', 'consent.moved', id, details), tenantId });
    await changeConsent(parts)(rows, id, { kind: 'moved', rights, approvalUrl });
    // Behind its event, as it must be found in Altinn 2 to be moved; its row is locked already, so nobody waits for anybody.
    await rows.consents.moveToAltinn3(id, rights);
    return true;
  });

const isSilence = (error: unknown): boolean => error instanceof Problem && error.code === 'altinn-unavailable';

/** What a refusal means here: the usual one is that Altinn 3 has no such consent. */
const whyOf = (error: unknown): string => {
  if (!(error instanceof Problem)) throw error;
  if (error.code === 'altinn-refused') return `Altinn 3 does not have it (${error.detail})`;
  return isSilence(error) ? 'Altinn 3 did not answer: run it again' : error.detail;
};

/**
 * Takes a tenant's consents of Altinn 2 over to Altinn 3, where Altinn has them under the same ids; or only tells what would
 * become of each. To be repeated at will: what has moved is not looked at again.
 *
 * @throws Problem where no token can be had, or Altinn 3 is silent for long
 */
export const moveConsents =
  (parts: Parts) =>
  async (ask: MovingAsk): Promise<void> => {
    const { tenant, stop } = ask;
    let silences = 0;
    const one = async (found: SealedParty): Promise<void> => {
      let plan: Plan;
      try {
        plan = await planned(parts, ask, found);
        silences = 0;
      } catch (error) {
        silences = isSilence(error) ? silences + 1 : 0;
        if (silences >= mostSilences) throw error;
        const { id, status, rights, upstreamId } = found.consent;
        const code = upstreamId === undefined ? {} : { code: upstreamId };
        const from = rights.map(({ service }) => service);
        ask.tell({ id, status, ...code, from, to: [], outcome: 'stays', why: whyOf(error), notes: [] });
        return;
      }
      if (!plan.move || !ask.apply) return ask.tell(plan.row);
      const isMoved = await move(parts, found.consent, plan.move);
      ask.tell(
        isMoved
          ? { ...plan.row, outcome: 'moved' }
          : { ...plan.row, outcome: 'stays', why: 'it changed meanwhile: run it again' },
      );
    };
    let after: string | undefined;
    while (!stop.aborted) {
      const page = await parts.store.asTenant(tenant.id, (rows) => rows.consents.openAtAltinn2(after, pageSize));
      for (let at = 0; at < page.length && !stop.aborted; at += atOnce)
        await Promise.all(page.slice(at, at + atOnce).map(one));
      after = page.at(-1)?.consent.id;
      if (after === undefined) return;
    }
  };
