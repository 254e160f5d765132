import { endOfRegistration, signsByCertificate } from '../../domain/client-keys.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import { nobodysTenant, probedTopic } from '../jobs.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { oweProbe } from './owe-probe.ts';
import { lockClient, readClient, showClient } from './show-client.ts';

/** How long an answer waits for a worker to look. */
const patienceMs = 5000;
/** Each look is a grant at Maskinporten, and lets those that come by themselves begin anew: no oftener for one client. */
const probeEveryMs = 10_000;
const probed = 'maskinporten-client.probed';

/** What an operator does for a client that Maskinporten takes no more, or soon will not. */
export const mendingClients = (parts: Parts): Pick<UseCases, 'renewClientKey' | 'probeClient'> => {
  const { clock, store, notices } = parts;
  const shown = showClient(parts);
  return {
    async renewClientKey(by, id, keyId, { registeredAt }) {
      const now = clock.now();
      if (registeredAt > now)
        throw new Problem('request-invalid', '/registeredAt lies in the future', {
          errors: [{ field: '/registeredAt', code: 'request-invalid', detail: 'lies in the future' }],
        });
      await store.asOperator(async (rows) => {
        const client = await lockClient(rows, id);
        const key = client.keys.find((one) => one.id === keyId && one.state !== 'retired');
        if (!key) throw new Problem('maskinporten-client-not-found', 'No key in use with this id on this client');
        // A certificate ends when it says so, however often it is registered.
        const ends = signsByCertificate(key) ? undefined : endOfRegistration(registeredAt);
        await rows.clients.saveKey({
          id: keyId,
          registeredAt,
          ...(ends ? { expiresAt: ends, warnedDays: null } : {}),
        });
        await rows.audit.add(
          auditEntry(parts, by, 'maskinporten-key.registered', keyId, { clientId: id, registeredAt }),
        );
        if (client.stoppedAt || key.state === 'pending') await oweProbe(rows, id, now);
      });
      return shown(await store.asOperator((rows) => readClient(rows, id)));
    },
    async probeClient(by, id) {
      const asked = clock.now();
      await store.asOperator(async (rows) => {
        await lockClient(rows, id);
        if (await rows.audit.has(probed, id, new Date(asked.getTime() - probeEveryMs))) return;
        await oweProbe(rows, id, asked);
        await rows.audit.add(auditEntry(parts, by, probed, id));
      });
      await waitFor(notices, {
        topic: probedTopic(id),
        timeoutMs: patienceMs,
        look: () => store.asOperator((rows) => rows.outbox.isDue('probe-client', nobodysTenant, id, asked)),
        isEnough: (isDue) => !isDue,
      });
      return shown(await store.asOperator((rows) => readClient(rows, id)));
    },
  };
};
