import { type DigdirClient, markOf, type WantedClient } from '../../domain/client-plan.ts';
import { Problem } from '../../domain/problem.ts';
import { systemEntry } from '../audit.ts';
import { keyUsable } from '../operator/key-usable.ts';
import { lockClient } from '../operator/show-client.ts';
import { takeLease } from './lease.ts';
import type { SelfServiceToken } from './self-service-token.ts';
import { type SyncParts, syncing } from './sync-parts.ts';

/** One that an earlier run made and got no further with. Others of the same name are somebody else's business. */
export const begunBefore = (
  theirs: readonly DigdirClient[],
  wanted: WantedClient,
  known: readonly string[],
): DigdirClient | undefined =>
  theirs.find(
    ({ clientId, name, description }) =>
      !known.includes(clientId) && name === wanted.name && description === markOf(wanted),
  );

/** Makes clients that are wanted and not there, at Digdir and then here. */
export const makeClients = (parts: SyncParts, token: SelfServiceToken) => {
  const { clock, ids, store, selfService, signing, keystore } = parts;

  /** A key made here signs at once where the client has no other: it is registered in the next step. */
  const addKey = async (clientId: string): Promise<void> => {
    const now = clock.now();
    const id = ids.uuid();
    const { privateJwk, ...read } = await signing.generate(now);
    const privateSealed = await keystore.close({ clientId, keyId: id }, privateJwk);
    await store.asOperator(async (rows) => {
      const client = await lockClient(rows, clientId);
      await rows.clients.addKey(clientId, {
        ...{ id, createdAt: now, privateSealed },
        ...read,
        ...(await keyUsable(rows, client, now)),
      });
      const details = { clientId, generated: true, kid: read.kid };
      await rows.audit.add(systemEntry(parts, syncing, 'maskinporten-key.added', id, details));
    });
  };

  return {
    addKey,
    /** The client at Digdir, made or found as an earlier run left it. One at a time: two would make two of a name. */
    async makeThere(wanted: WantedClient, known: readonly string[], signal: AbortSignal): Promise<DigdirClient> {
      const lease = await takeLease(parts, 'clients');
      if (!lease) throw new Problem('selfservice-unavailable', 'Another process makes clients at Digdir.');
      let isKnown = true;
      try {
        const bearer = await token(signal);
        const begun = begunBefore(await selfService.listClients(bearer, signal), wanted, known);
        if (begun) return begun;
        if (!(await lease.hold()))
          throw new Problem('selfservice-unavailable', 'Another process makes clients at Digdir.');
        const { name, scopes } = wanted;
        return await selfService.createClient(bearer, { name, scopes, description: markOf(wanted) }, signal);
      } catch (error) {
        isKnown = !(error instanceof Problem && error.code === 'selfservice-outcome-unknown');
        throw error;
      } finally {
        if (isKnown) await lease.drop();
      }
    },
    /** Here, under the name that Digdir gave it. Answers its id here. */
    async takeHere({ name, purpose, scopes }: WantedClient, clientId: string): Promise<string> {
      const now = clock.now();
      const id = ids.uuid();
      const client = { id, name, clientId, purpose, scopes, keys: [], createdAt: now, updatedAt: now };
      await store.asOperator(async (rows) => {
        await rows.clients.add(client);
        const details = { name, clientId, purpose, scopes };
        await rows.audit.add(systemEntry(parts, syncing, 'maskinporten-client.registered', id, details));
      });
      return id;
    },
  };
};
