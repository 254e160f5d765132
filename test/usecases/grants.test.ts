import { expect, test } from 'vitest';
import { openGrants } from '../../src/usecases/data/grants.ts';
import type { HandedToken } from '../../src/usecases/use-cases.ts';
import { consent, now, otherId } from '../http/given.ts';

const { id } = consent;

/** A database of one consent, and notices that a test gives. */
const given = () => {
  const told = { looks: 0, asks: 0, isThere: true, time: now.getTime() };
  const listeners = new Map<string, Set<() => void>>();
  const grants = openGrants({
    clock: { now: () => new Date(told.time) },
    store: {
      findConsent: async () => {
        told.looks += 1;
        return told.isThere ? { consent } : undefined;
      },
    } as unknown as Parameters<typeof openGrants>[0]['store'],
    notices: {
      on(topic, listener) {
        const set = listeners.get(topic) ?? new Set();
        listeners.set(topic, set.add(listener));
        return () => {
          set.delete(listener);
          if (set.size === 0) listeners.delete(topic);
        };
      },
    },
  });
  const ask = async (): Promise<HandedToken[]> => {
    told.asks += 1;
    const expiresAt = new Date(told.time + 30_000);
    return [{ kind: 'maskinporten', token: `t${told.asks}`, header: 'Authorization', expiresAt }];
  };
  const tokens = async (keyId = 'key', service = 'ske-inntekt') => {
    const { tokens: held, isFresh } = await grants.tokens({ tenantId: otherId, id, keyId, service }, ask);
    return `${held[0]?.token}${isFresh ? ' fresh' : ''}`;
  };
  const tell = (topic: string) => {
    for (const listener of [...(listeners.get(topic) ?? [])]) listener();
  };
  return { grants, told, tokens, tell, topics: () => [...listeners.keys()] };
};

test('a consent is looked at once, until anything of it changes', async () => {
  const { grants, told, tell, topics } = given();
  await Promise.all([1, 2, 3].map(() => grants.consent(otherId, id)));
  expect(told.looks).toBe(1);
  tell(`consent:${id}`);
  await grants.consent(otherId, id);
  tell('changed:tokens');
  await grants.consent(otherId, id);
  grants.forget(otherId, id);
  expect(told.looks).toBe(3);
  // Nobody listens for what is not remembered.
  expect(topics()).toEqual(['changed:tokens']);
});

test('what is not there is looked for each time', async () => {
  const { grants, told } = given();
  told.isThere = false;
  expect(await grants.consent(otherId, id)).toBeUndefined();
  told.isThere = true;
  expect(await grants.consent(otherId, id)).toBeDefined();
});

test('tokens are shared by those who show the same key for the same service, and go with the consent', async () => {
  const { tokens, tell } = given();
  expect(await Promise.all([tokens(), tokens()])).toEqual(['t1 fresh', 't1']);
  expect(await tokens()).toBe('t1');
  expect(await tokens('other')).toBe('t2 fresh');
  expect(await tokens('key', 'ske-skattegrunnlag')).toBe('t3 fresh');
  tell(`consent:${id}`);
  expect(await tokens()).toBe('t4 fresh');
});

test('a token about to end is asked for anew, by one for all; one that is refused is not remembered', async () => {
  const { grants, told, tokens } = given();
  await tokens();
  told.time += 27_500;
  expect(await Promise.all([tokens(), tokens(), tokens()])).toEqual(['t2 fresh', 't2', 't2']);
  const at = { tenantId: otherId, id, keyId: 'third', service: 'a' };
  const refused = grants.tokens(at, () => Promise.reject(new Error('no')));
  await expect(refused).rejects.toThrow('no');
  expect(await tokens('third', 'a')).toBe('t3 fresh');
});
