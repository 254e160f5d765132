import { expect, test } from 'vitest';
import { clientWarnings } from '../../src/domain/client-scopes.ts';

const consents = 'altinn:consentrequests.write';
const [income, loans] = ['skatteetaten:inntekt', 'lanekassen:saldo'];
const catalogue = { consentScope: consents, dataScopes: [income, loans] };
const detailOf = (purpose: string, scopes: string[]) => clientWarnings({ purpose, scopes }, catalogue)[0]?.detail;

test.each([
  ['consents', [consents]],
  ['consents', [consents, 'altinn:consentrequests.read']],
  ['data', [income, loans]],
  ['admin', ['idporten:dcr.write']],
])('a client for %s that holds its own alone needs no warning', (purpose, scopes) => {
  expect(clientWarnings({ purpose, scopes }, catalogue)).toEqual([]);
});

test('scopes that share a token are told apart where one would live longer than the other', () => {
  const read = 'altinn:consentrequests.read';
  const warned = (scopes: string[], lives: Record<string, number>, purpose = 'consents') =>
    clientWarnings({ purpose, scopes }, { ...catalogue, consentScope: `${read} ${consents}`, lives });
  expect(warned([consents, read], { [read]: 30, [consents]: 0 })).toEqual([
    {
      code: 'lives-mixed',
      detail: expect.stringMatching(
        /^altinn:\S+read lives 30 s at most, altinn:\S+write has no limit: .*ALTINN3_CONSENT_SCOPE/,
      ),
    },
  ]);
  expect(warned([consents, read], { [read]: 120, [consents]: 120 })).toEqual([]);
  // What is not public is not known; what holds but one of them gets no such token; data scopes never share one.
  expect(warned([consents, read], { [consents]: 120 })).toEqual([]);
  expect(warned([consents], { [read]: 30, [consents]: 0 })).toEqual([]);
  expect(warned([income, loans], { [income]: 30, [loans]: 120 }, 'data')).toEqual([]);
});

test('one that holds what is another purpose’s is named, with what is too much', () => {
  expect(clientWarnings({ purpose: 'data', scopes: [income, consents] }, catalogue)).toEqual([
    { code: 'scopes-mixed', detail: expect.stringContaining(`${consents} belongs to a client of another purpose`) },
  ]);
  expect(detailOf('consents', [consents, income, loans])).toContain(`${income}, ${loans} belong to`);
  expect(detailOf('admin', ['idporten:dcr.write', consents, income])).toContain(`${consents}, ${income}`);
});
