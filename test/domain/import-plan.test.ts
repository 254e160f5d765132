import { expect, test } from 'vitest';
import { catalogued, firstCatalogue } from '../../src/domain/first-catalogue.ts';
import { type Fills, type Offer, type PlanRow, planImport, type Standing } from '../../src/domain/import-plan.ts';
import type { Service } from '../../src/domain/service.ts';

const offer = (fills: Fills = {}, change: Partial<Offer> = {}): Offer => ({
  key: 'tax',
  generation: 'altinn3',
  resource: 'tax',
  source: 'a test',
  fills: { dataScope: 'tax:read', metadata: ['year'], template: 'default', ...fills },
  ...change,
});

const planned = (offers: Offer[], standing: Standing[] = [], take: string[] = []) =>
  planImport(offers, standing, new Set(take));

/** As it would stand once this row was done. */
const done = (row: PlanRow | undefined): Standing => {
  if (row?.what !== 'new' && row?.what !== 'changed') throw new Error(`it is ${row?.what}`);
  return { service: row.service, imported: row.imported };
};
const imported = (fills: Fills = {}): Standing => done(planned([offer(fills)])[0]);
const edited = (change: Partial<Service>, fills: Fills = {}): Standing => {
  const { service, ...rest } = imported(fills);
  return { service: { ...service, ...change }, ...rest };
};

test('what is new comes with all that its source knows, and what its template says of messages', () => {
  expect(planned([offer({ maxValidityDays: 10, validityMarginMinutes: 61 })])).toMatchObject([
    {
      what: 'new',
      service: {
        key: 'tax',
        resource: 'tax',
        dataScope: 'tax:read',
        metadata: ['year'],
        maxValidityDays: 10,
        messageAllowed: true,
        messageRequired: false,
        checkDataAccess: true,
        dataPaths: [],
      },
    },
  ]);
  expect(planned([offer({ template: 'sblanesoknad' })])).toMatchObject([{ service: { messageAllowed: false } }]);
});

test('a template that nobody knows allows no message, and the plan says that it is the operator’s to say', () => {
  const [row] = planned([offer({ template: 'their-own' })]);
  expect(row).toMatchObject({ what: 'new', service: { messageAllowed: false, template: 'their-own' } });
  expect(row?.notes).toEqual([expect.stringContaining('their-own is not known')]);
});

test('imported again it is unchanged; what the source has changed meanwhile is changed', () => {
  expect(planned([offer()], [imported()])).toEqual([
    { what: 'unchanged', key: 'tax', source: 'a test', notes: [], kept: [] },
  ]);
  const [row] = planned([offer({ metadata: ['year', 'month'] })], [imported()]);
  expect(row).toMatchObject({
    what: 'changed',
    changes: [{ field: 'metadata', ours: ['year'], theirs: ['year', 'month'] }],
    kept: [],
  });
  expect(planned([offer({ metadata: ['year', 'month'] })], [done(row)])).toMatchObject([{ what: 'unchanged' }]);
});

test('what the operator edited stays and is told, however often it is imported, until the operator lets go of it', () => {
  const own = edited({ dataScope: 'tax:all', dataUrl: 'https://tax.example', messageAllowed: false });
  const kept = [
    { field: 'dataScope', ours: 'tax:all', theirs: 'tax:read' },
    { field: 'messageAllowed', ours: false, theirs: true },
  ];
  expect(planned([offer()], [own])).toMatchObject([{ what: 'unchanged', kept }]);
  const [row] = planned([offer({ metadata: ['month'] })], [own]);
  expect(row).toMatchObject({ what: 'changed', changes: [{ field: 'metadata' }], kept });
  expect(planned([offer({ metadata: ['month'] })], [done(row)])).toMatchObject([{ what: 'unchanged', kept }]);
  expect(planned([offer()], [own], ['tax'])).toMatchObject([
    { what: 'changed', service: { dataScope: 'tax:read', dataUrl: 'https://tax.example' }, kept: [] },
  ]);
});

test('one written by hand is known by what Altinn calls it, keeps its words, and is given what it left open', () => {
  const { service } = edited({ key: 'ours', dataScope: 'tax:all' });
  const { template: _, ...plain } = service;
  expect(planned([offer({ maxValidityDays: 10 })], [{ service: plain }])).toMatchObject([
    {
      key: 'ours',
      what: 'changed',
      changes: [{ field: 'maxValidityDays' }, { field: 'template' }],
      kept: [{ field: 'dataScope' }],
      notes: ['tax is here as ours'],
    },
  ]);
});

test.each([
  ['metadata that clash in case', offer({ metadata: ['fraOgMed', 'fraogmed'] }), /fraOgMed and fraogmed/],
  ['metadata twice', offer({ metadata: ['year', 'year'] }), /names year twice/],
  ['metadata without a name', offer({ metadata: ['year', ' '] }), /holds what is no name/],
  [
    'more metadata than anybody means',
    offer({ metadata: Array.from({ length: 51 }, (_, n) => `n${n}`) }),
    /more than 50/,
  ],
  ['no key', offer({}, { key: 'Tax of 2025', resource: 'Tax of 2025' }), /cannot be a key/],
])('%s: refused', (_, one, why) => {
  expect(planned([one])).toMatchObject([{ what: 'refused', why: expect.stringMatching(why) }]);
});

test('without a scope, or names of metadata, it is refused with what to do; where it stands already neither is missed', () => {
  const { dataScope: _, ...noScope } = offer().fills;
  const { metadata: __, ...noNames } = offer().fills;
  expect(planned([{ ...offer(), fills: noScope }])).toMatchObject([
    { why: expect.stringContaining('--data-scope tax=') },
  ]);
  expect(planned([{ ...offer(), fills: noNames }])).toMatchObject([{ why: expect.stringContaining('registry') }]);
  expect(planned([{ ...offer(), fills: {} }], [imported()])).toMatchObject([{ what: 'unchanged' }]);
});

test('what comes twice, or under a key that is taken, is refused, and the rest goes on', () => {
  const other = imported();
  other.service.resource = 'another';
  expect(
    planned(
      [offer(), offer({}, { key: 'fine', resource: 'fine' }), offer({}, { key: 'fine', resource: 'fine' })],
      [other],
    ),
  ).toMatchObject([
    { what: 'refused', why: expect.stringContaining('taken by a service of altinn3, another') },
    { what: 'new', key: 'fine' },
    { what: 'refused', why: expect.stringContaining('twice') },
  ]);
});

test('what comes with the hub can be imported as it is, but for what needs the registry', () => {
  const plan = planImport(firstCatalogue, []);
  expect(plan.filter(({ what }) => what === 'refused').map(({ key }) => key)).toEqual([
    'ske-samtykke-krav-og-betalinger',
    'samtykke-laanesoeknad',
    'samtykke-fullmakt-utfoere-tjeneste',
    'samtykke-brukerstyrt-tilgang',
  ]);
  expect(plan.find(({ key }) => key === '4804_210607')).toMatchObject({
    service: {
      generation: 'altinn2',
      serviceCode: '4804',
      serviceEditionCode: 210607,
      metadata: ['fraOgMed', 'tilOgMed'],
      consentHeader: 'AltinnSamtykke',
      maxValidityDays: 10,
      validityMarginMinutes: 61,
      messageAllowed: false,
    },
  });
  expect(catalogued('ske-samtykke-sbl-inntekt')?.fills.dataScope).toBe('skatteetaten:inntekt');
  expect(catalogued('4628_210607')).toBeUndefined();
});
