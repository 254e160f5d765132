import { expect, test } from 'vitest';
import { type ImportGround, planTenants, type TenantRow } from '../../src/domain/tenant-import.ts';

const [bank, insurer, fund] = ['313876144', '991825827', '974760673'] as const;
const standing = {
  id: 'a',
  orgno: bank,
  name: 'Banken',
  status: 'active',
  services: ['one', 'two'],
  redirectUrls: ['https://bank.example/done'],
};
const ground: ImportGround = {
  standing: [standing],
  services: new Set(['one', 'two']),
  production: true,
  mayRedirect: true,
};
const plan = (rows: TenantRow[], change: Partial<ImportGround> = {}) => planTenants(rows, { ...ground, ...change });
const whatOf = (row: TenantRow, change?: Partial<ImportGround>) => {
  const [one] = plan([row], change);
  return one?.what === 'refused' ? one.code : one?.what;
};

test('who is there is compared: the order of a list and what is not said change nothing', () => {
  expect(plan([{ orgno: bank }, { orgno: insurer, name: ' Forsikringen ', services: ['one', 'one'] }])).toMatchObject([
    { what: 'unchanged', id: 'a' },
    { what: 'new', tenant: { orgno: insurer, name: 'Forsikringen', services: ['one'], redirectUrls: [] } },
  ]);
  expect(whatOf({ orgno: bank, name: 'Banken', services: ['two', 'one'] })).toBe('unchanged');
  expect(plan([{ orgno: bank, name: 'Bank', services: ['one'] }])).toMatchObject([
    { what: 'changed', change: { name: 'Bank', services: ['one'] } },
  ]);
});

test('a row that cannot be done is refused with its reason, and the rest go on', () => {
  const rows = [
    { orgno: '313876145', name: 'x' },
    { orgno: insurer, name: 'x', services: ['one', 'three', '25922947409'] },
    { orgno: fund, name: 'x' },
  ];
  const planned = plan(rows);
  expect(planned.map(({ what }) => what)).toEqual(['refused', 'refused', 'new']);
  expect(planned[1]).toMatchObject({ code: 'service-unknown', why: 'not in the catalogue: three' });
});

test.each<[string, TenantRow, Partial<ImportGround>?]>([
  ['organization-number-invalid', { orgno: '25922947409', name: 'x' }],
  ['request-invalid', { orgno: insurer }],
  ['request-invalid', { orgno: insurer, name: 'two\nlines' }],
  ['request-invalid', { orgno: insurer, name: 'x', expiringDays: 0 }],
  ['request-invalid', { orgno: insurer, name: 'x', language: 'se' }],
  ['national-id-not-allowed', { orgno: insurer, name: 'Bank for 25922947409' }],
  ['redirect-url-invalid', { orgno: insurer, name: 'x', redirectUrls: ['http://localhost/done'] }],
  ['redirect-url-invalid', { orgno: insurer, name: 'x', redirectUrls: ['https://bank.example/?a=b'] }],
  ['national-id-not-allowed', { orgno: insurer, name: 'x', redirectUrls: ['https://bank.example/25922947409'] }],
  ['role-missing', { orgno: bank, redirectUrls: ['https://bank.example/other'] }, { mayRedirect: false }],
  ['changed', { orgno: bank, name: 'y' }, { mayRedirect: false }],
  ['tenant-offboarded', { orgno: bank, name: 'y' }, { standing: [{ ...standing, status: 'offboarding' }] }],
])('%s: %j', (told, row, change) => {
  expect(whatOf(row, change)).toBe(told);
});

test('named twice: the first counts where they agree, and neither where they do not', () => {
  const [one, other] = [
    { orgno: insurer, name: 'A' },
    { orgno: fund, name: 'B' },
  ];
  expect(plan([one, { ...one, name: ' A' }]).map(({ what }) => what)).toEqual(['new', 'refused']);
  expect(plan([one, other, { ...one, name: 'C' }]).map(({ what }) => what)).toEqual(['refused', 'new', 'refused']);
});
