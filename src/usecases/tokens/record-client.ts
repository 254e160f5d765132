import { clientRefusals, type Follows, nextClientLook, type Seen, whatFollows } from '../../domain/client-keys.ts';
import { releaseEveryMs } from '../../domain/pace.ts';
import { systemEntry } from '../audit.ts';
import { nobodysTenant } from '../jobs.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import type { OperatorRows } from '../store-port.ts';

type Rows = Pick<OperatorRows, 'clients' | 'outbox' | 'audit'>;

/** Owes the next look at Maskinporten, if there is anything left to find out about this client. */
export const oweLook = async (
  rows: Pick<Rows, 'outbox'>,
  client: Pick<ClientWithKeys, 'id' | 'keys' | 'stoppedAt' | 'probes'>,
  now: Date,
): Promise<void> => {
  const at = nextClientLook(client, client.probes, now);
  if (at) await rows.outbox.owe('probe-client', nobodysTenant, client.id, at, now);
};

/**
 * Notes what grants told of a client's keys, and does what follows: a key takes over or makes way, the client is stopped or
 * goes on, and with it all that waited. What another process has noted meanwhile is seen, and done once.
 *
 * Answers the client as it is then; undefined when it is gone.
 */
export const recordClient = (parts: Pick<Parts, 'clock' | 'ids' | 'store' | 'log'>) => {
  const { clock, store, log } = parts;

  const tell = ({ id, name, keys }: ClientWithKeys, { promoted, rolledBack, stops, resumes }: Follows) => {
    const kidOf = (keyId: string | undefined) => keys.find((key) => key.id === keyId)?.kid;
    const fields = { maskinportenClientId: id, client: name };
    if (promoted) log.info({ ...fields, kid: kidOf(promoted) }, 'a new signing key works and has taken over');
    if (rolledBack)
      log.error({ ...fields, kid: kidOf(rolledBack) }, 'a signing key is refused; the one before signs again');
    if (stops) log.error({ ...fields, problem: stops }, 'Maskinporten refuses a client: it is asked no more with it');
    if (resumes) log.info(fields, 'Maskinporten takes a client again');
  };

  const apply = async (rows: Rows, client: ClientWithKeys, follows: Follows, now: Date): Promise<void> => {
    const { id } = client;
    const { keys, promoted, rolledBack, proved, stops, resumes } = follows;
    const note = (action: string, target: string, details: object = {}) =>
      rows.audit.add(systemEntry(parts, 'tokens', action, target, details));
    for (const change of keys) await rows.clients.saveKey(change);
    if (promoted) await note('maskinporten-key.activated', promoted, { clientId: id });
    if (rolledBack) await note('maskinporten-key.rolled-back', rolledBack, { clientId: id });
    if (stops) {
      await rows.clients.saveState(id, { stoppedAt: now, stoppedProblem: stops, probes: 0 });
      await note('maskinporten-client.stopped', id, { problem: stops.code, traceId: stops.traceId });
    } else if (resumes) {
      await rows.clients.saveState(id, { stoppedAt: null, stoppedProblem: null, probes: 0 });
      await note('maskinporten-client.resumed', id);
    } else if (promoted || rolledBack) await rows.clients.saveState(id, { probes: 0 });
    // Also a first proof: what asked before the client was registered has been waiting since.
    if (resumes || proved) await rows.outbox.goOn(client, clientRefusals, now, releaseEveryMs);
  };

  return async (clientId: string, seen: readonly Seen[]): Promise<ClientWithKeys | undefined> => {
    const { before, after, follows } = await store.asOperator(async (rows) => {
      const now = clock.now();
      const before = await rows.clients.lock(clientId);
      if (!before) return {};
      const follows = whatFollows(before, seen, now);
      await apply(rows, before, follows, now);
      const after = await rows.clients.lock(clientId);
      if (after) await oweLook(rows, after, now);
      return { before, after, follows };
    });
    if (before && follows) tell(before, follows);
    return after;
  };
};
