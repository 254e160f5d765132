import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Problem, type ProblemCode } from '../../src/domain/problem.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { silentLog } from '../../src/lib/log.ts';
import { sealingRing } from '../../src/lib/seal.ts';
import { linkedProblem } from '../../src/usecases/access/problem-link.ts';
import { proveAccess } from '../../src/usecases/access/prove-access.ts';
import { recordAccess } from '../../src/usecases/access/record-access.ts';
import { openMemories, type Parts } from '../../src/usecases/memory.ts';
import { type GivenStore, givenStore, givenTenant, later, now } from '../store/given-store.ts';

const scope = 'skatteetaten:inntekt';
const settings = {
  links: { delegate: 'https://delegate.example', grant: 'https://grant.example', selfService: 'https://own.example' },
  ownScopes: '',
  probesPerSecond: 0,
} as unknown as Parts['settings'];

let store: GivenStore;
beforeAll(async () => {
  store = await givenStore();
});
afterAll(() => store.close());

/** A tenant, what was found of its access `now`, and what Maskinporten says from then on: a token, or why there is none. */
const given = async (...found: ProblemCode[]) => {
  const tenantId = await givenTenant(store);
  let time = now;
  const sealing = sealingRing([{ id: 'test', key: randomBytes(32) }]);
  const outer = { clock: { now: () => time }, ids: randomIds, log: silentLog, store, notices: store.notices, sealing };
  const parts = { ...outer, memories: openMemories(outer), settings } as unknown as Parts;
  const refusal = (code: ProblemCode) => new Problem(code, 'Maskinporten says no');
  const known = () => store.asTenant(tenantId, (rows) => rows.access.list());
  for (const code of found)
    await store.asTenant(tenantId, (rows) =>
      recordAccess(parts)(rows, { kind: 'scope', name: scope, problem: linkedProblem(settings, refusal(code)) }),
    );
  const asked: boolean[] = [];
  let says: ProblemCode | undefined;
  const prove = proveAccess(parts, async ({ anew = false }) => {
    asked.push(anew);
    if (says) throw refusal(says);
    return { id: 'token', token: 'token', expiresAt: later(120_000), fetchedAt: time };
  });
  return {
    asked,
    says: (code: ProblemCode) => {
      says = code;
    },
    /** What a consent that is asked for so long after would wait for. */
    async missingAfter(ms: number) {
      time = later(ms);
      return (await prove(tenantId, await known(), [scope], AbortSignal.timeout(20_000)))?.problem?.code;
    },
    state: async () => (await known())[0]?.state,
  };
};

test.each<ProblemCode>(['client-refused', 'key-refused'])(
  'what Maskinporten said of our client a moment ago (%s) holds up no consent once the client goes on',
  async (code) => {
    const { asked, missingAfter, state } = await given(code);
    expect(await missingAfter(1)).toBeUndefined();
    expect(asked).toEqual([true]);
    expect(await state()).toBe('granted');
  },
);

test('while our client is refused still, that is what a consent waits for; and then what the tenant lacks', async () => {
  const { asked, says, missingAfter } = await given('client-refused');
  says('client-refused');
  expect(await missingAfter(500)).toBe('client-refused');
  says('access-not-delegated');
  expect(await missingAfter(999)).toBe('access-not-delegated');
  expect(await missingAfter(999)).toBe('access-not-delegated');
  expect(asked).toHaveLength(2);
});

test.each<ProblemCode>(['access-not-delegated', 'access-not-granted'])(
  'what the tenant itself lacked a moment ago (%s) is believed, and nobody asked again within a second',
  async (code) => {
    const { asked, missingAfter } = await given(code);
    expect([await missingAfter(0), await missingAfter(1000)]).toEqual([code, code]);
    expect(asked).toEqual([]);
    expect(await missingAfter(1001)).toBeUndefined();
    expect(asked).toEqual([true]);
  },
);

test('what the tenant lacked before our client was refused is looked at again once the client goes on', async () => {
  const { asked, missingAfter } = await given('access-not-delegated', 'client-refused');
  expect(await missingAfter(1)).toBeUndefined();
  expect(asked).toEqual([true]);
});
