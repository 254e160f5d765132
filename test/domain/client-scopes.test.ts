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

test('one that holds what is another purpose’s is named, with what is too much', () => {
  expect(clientWarnings({ purpose: 'data', scopes: [income, consents] }, catalogue)).toEqual([
    { code: 'scopes-mixed', detail: expect.stringContaining(`${consents} belongs to a client of another purpose`) },
  ]);
  expect(detailOf('consents', [consents, income, loans])).toContain(`${income}, ${loans} belong to`);
  expect(detailOf('admin', ['idporten:dcr.write', consents, income])).toContain(`${consents}, ${income}`);
});
