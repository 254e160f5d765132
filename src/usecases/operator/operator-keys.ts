import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import { newKey } from '../tenants/keys.ts';
import type { UseCases } from '../use-cases.ts';

type Verbs = Pick<
  UseCases,
  'createOperatorKey' | 'listOperatorKeys' | 'revokeOperatorKey' | 'listAudit' | 'countQueues'
>;

/** Keys of those who run the hub, what they did, and how the work stands. */
export const operatorKeys = (parts: Parts): Verbs => {
  const { clock, ids, store, memories, countEngine } = parts;
  return {
    async createOperatorKey(by, { name, role, expiresAt }) {
      const { key, prefix, digest } = newKey(ids, 'o');
      const row = { id: ids.uuid(), name, prefix, role, createdAt: clock.now(), ...(expiresAt ? { expiresAt } : {}) };
      await store.asOperator(async (rows) => {
        // The bootstrap key works only until the first stored one exists: that one must be able to make more.
        if (role !== 'administrator' && !(await rows.operatorKeys.any()))
          throw new Problem('last-administrator', 'The first stored operator key must be an administrator’s');
        await rows.operatorKeys.add(row, digest);
        await rows.audit.add(auditEntry(parts, by, 'operator-key.created', row.id, { name, prefix, role }));
      });
      return { ...row, key };
    },
    listOperatorKeys: () => store.asOperator((rows) => rows.operatorKeys.list()),
    async revokeOperatorKey(by, id) {
      await store.asOperator(async (rows) => {
        const now = clock.now();
        const keys = await rows.operatorKeys.list();
        const key = keys.find((one) => one.id === id);
        if (!key) throw new Problem('operator-key-not-found', 'No operator key with this id');
        if (key.revokedAt) return;
        const others = keys.filter(
          (one) =>
            one.id !== id && one.role === 'administrator' && !one.revokedAt && (!one.expiresAt || one.expiresAt > now),
        );
        if (key.role === 'administrator' && others.length === 0)
          throw new Problem('last-administrator', 'Without it nobody could administer the hub');
        await rows.operatorKeys.revoke(id, now);
        await rows.audit.add(auditEntry(parts, by, 'operator-key.revoked', id));
      });
      memories.forget();
    },
    listAudit: (_by, filter, page) => store.asOperator((rows) => rows.audit.list(filter, page)),
    async countQueues() {
      const engine = await countEngine();
      const owed = await store.asOperator((rows) => rows.outbox.count(clock.now()));
      const none = { owed: 0, due: 0, handedOut: 0, failing: 0, oldestDueSeconds: 0 };
      return Object.entries(engine).map(([queue, counts]) => {
        const { lastProblem, ...count } = owed.find((row) => row.queue === queue) ?? { queue, ...none };
        return { ...count, ...(lastProblem ? { lastProblem } : {}), engine: counts };
      });
    },
  };
};
