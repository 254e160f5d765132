import { expect, test } from 'vitest';
import { type Moving, movedRights } from '../../src/domain/moving.ts';
import type { Service } from '../../src/domain/service.ts';

const common = { dataScope: 'tax:read', messageAllowed: false, dataPaths: [], checkDataAccess: true };
const older: Service = {
  ...common,
  key: 'tax-2',
  generation: 'altinn2',
  serviceCode: '4628',
  serviceEditionCode: 210607,
  metadata: ['inntektsAar'],
};
const newer: Service = {
  ...common,
  key: 'tax-3',
  generation: 'altinn3',
  resource: 'skd_4628_210607',
  metadata: ['inntektsaar'],
};
const right = { service: 'tax-2', metadata: { inntektsAar: '2024' } };
const there = { resource: 'skd_4628_210607', metadata: { inntektsaar: '2024' } };
const moving = (change: Partial<Moving> = {}): Moving => ({
  services: [older, newer],
  offered: ['tax-3'],
  named: new Map(),
  ...change,
});

test('a right is known by the name Altinn gave its resource, and its metadata are in lower case from then on', () => {
  const moved = { rights: [{ service: 'tax-3', metadata: { inntektsaar: '2024' } }] };
  expect(movedRights([right], [there], moving())).toEqual(moved);
  expect(movedRights([right], [{ ...there, resource: 'SKD_4628_210607' }], moving())).toEqual(moved);
});

test('the same service twice, with other metadata: each right finds its own', () => {
  const two = { service: 'tax-2', metadata: { inntektsAar: '2023' } };
  const other = { ...there, metadata: { inntektsaar: '2023' } };
  expect(movedRights([right, two], [other, there], moving())).toEqual({
    rights: [
      { service: 'tax-3', metadata: { inntektsaar: '2024' } },
      { service: 'tax-3', metadata: { inntektsaar: '2023' } },
    ],
  });
});

test('where Altinn’s name does not say it, the operator does', () => {
  const services = [older, { ...newer, resource: 'ske-tax' }];
  const renamed = { ...there, resource: 'ske-tax' };
  expect(movedRights([right], [renamed], moving({ services }))).toEqual({
    why: 'Altinn 3 has ske-tax for it, and nothing that stands for tax-2: --map tax-2=<service>',
  });
  const named = new Map([['tax-2', 'tax-3']]);
  expect(movedRights([right], [renamed], moving({ services, named }))).toHaveProperty('rights');
  expect(movedRights([right], [renamed], moving({ services, named: new Map([['tax-2', 'tax-2']]) }))).toEqual({
    why: 'tax-2 is no service of Altinn 3 in the catalogue',
  });
});

test.each([
  ['other metadata', [{ ...there, metadata: { inntektsaar: '2023' } }], {}, /metadata are others/],
  ['more metadata', [{ ...there, metadata: { ...there.metadata, more: '1' } }], {}, /metadata are others/],
  ['another number of rights', [there, there], {}, /1 rights here, and 2/],
  ['a code that only ends alike', [{ ...there, resource: 'skd_14628_210607' }], {}, /nothing that stands for tax-2/],
  ['no service for it', [there], { services: [older] }, /hub services import skd_4628_210607/],
  ['a service that the tenant is not offered', [there], { offered: [] }, /not offered tax-3/],
  ['a service that is gone', [there], { services: [newer] }, /tax-2 is not in the catalogue/],
])('%s: it stays', (_, rights, change, why) => {
  expect(movedRights([right], rights, moving(change))).toEqual({ why: expect.stringMatching(why) });
});
