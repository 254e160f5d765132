import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import { checkExpiry, newKey } from '../tenants/keys.ts';
import type { OperatorKey, OperatorRole, UseCases } from '../use-cases.ts';

type Verbs = Pick<
  UseCases,
  'createOperatorKey' | 'listOperatorKeys' | 'revokeOperatorKey' | 'listAudit' | 'countQueues'
>;

/**
 * The key from the configuration opens nothing once a key is stored. So the first must be able to make more, and for good:
 * nobody could get in any more after its end.
 */
const checkFirst = (role: OperatorRole, expiresAt: Date | undefined): void => {
  const wrong = [
    ...(role === 'administrator' ? [] : [['/role', 'must be administrator']]),
    ...(expiresAt === undefined ? [] : [['/expiresAt', 'must be left out']]),
  ];
  if (wrong.length === 0) return;
  throw new Problem(
    'first-operator-key',
    `The key from the configuration opens nothing once this one is stored: ${wrong.map((fault) => fault.join(' ')).join(' and ')}`,
    { errors: wrong.map(([field = '', detail = '']) => ({ field, code: 'first-operator-key', detail })) },
  );
};

/** One of these always stays: one with an end would keep the house open only until then. */
const isLastingAdministrator = ({ role, revokedAt, expiresAt }: OperatorKey): boolean =>
  role === 'administrator' && !revokedAt && !expiresAt;

/** Keys of those who run the hub, what they did, and how the work stands. */
export const operatorKeys = (parts: Parts): Verbs => {
  const { clock, ids, store, memories, countEngine } = parts;
  return {
    async createOperatorKey(by, { name, role, expiresAt }) {
      const now = clock.now();
      checkExpiry(expiresAt, now);
      const { key, prefix, digest } = newKey(ids, 'o');
      const made = { createdBy: by.caller.keyId, createdAt: now };
      const row = { id: ids.uuid(), name, prefix, role, ...made, ...(expiresAt ? { expiresAt } : {}) };
      await store.asOperator(async (rows) => {
        if (!(await rows.operatorKeys.any())) checkFirst(role, expiresAt);
        await rows.operatorKeys.add(row, digest);
        await rows.audit.add(auditEntry(parts, by, 'operator-key.created', row.id, { name, prefix, role }));
      });
      return { ...row, key };
    },
    listOperatorKeys: () => store.asOperator((rows) => rows.operatorKeys.list()),
    async revokeOperatorKey(by, id) {
      const revoked = await store.asOperator(async (rows) => {
        const now = clock.now();
        // Locked: two administrators who revoke each other at once would else both find the other still there.
        const keys = await rows.operatorKeys.lock();
        const key = keys.find((one) => one.id === id);
        if (!key) throw new Problem('operator-key-not-found', 'No operator key with this id');
        if (key.revokedAt) return false;
        if (isLastingAdministrator(key) && !keys.some((one) => one.id !== id && isLastingAdministrator(one)))
          throw new Problem('last-administrator', 'Without it nobody could administer the hub for good');
        await rows.operatorKeys.revoke(id, now);
        await rows.audit.add(auditEntry(parts, by, 'operator-key.revoked', id));
        return true;
      });
      if (revoked) memories.forget();
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
