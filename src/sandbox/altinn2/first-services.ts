import type { ApiKey, Service } from '../world.ts';

const skatteetaten = '974761076';
const laanekassen = '960885406';
const testdepartement = '991825827';

const service = (
  one: Pick<Service, 'serviceCode' | 'editionCode' | 'title' | 'owner'> & Partial<Service>,
): Service => ({
  template: 'default',
  metadata: [],
  oneTime: false,
  srr: false,
  longestDays: null,
  ...one,
});

const taxBasis = { nb: 'Summert skattegrunnlag', nn: 'Summert skattegrunnlag', en: 'Summarised tax basis' };
const income = { nb: 'Inntektsopplysninger per måned', nn: 'Inntektsopplysningar per månad', en: 'Income per month' };

/**
 * Consent services with their real codes, as the sources in `docs/sources/altinn-2.md` name them. Those of the loan
 * application came in two editions: the older one, of the guides, takes a message.
 */
export const firstServices: Service[] = [
  service({
    serviceCode: '4628',
    editionCode: 210607,
    title: taxBasis,
    owner: skatteetaten,
    template: 'sblanesoknad',
    metadata: ['inntektsaar'],
    srr: true,
    longestDays: 10,
  }),
  service({
    serviceCode: '4804',
    editionCode: 210607,
    title: income,
    owner: skatteetaten,
    template: 'sblanesoknad',
    metadata: ['fraOgMed', 'tilOgMed'],
    srr: true,
    longestDays: 10,
  }),
  service({ serviceCode: '4629', editionCode: 2, title: taxBasis, owner: skatteetaten, metadata: ['inntektsaar'] }),
  service({
    serviceCode: '4630',
    editionCode: 2,
    title: income,
    owner: skatteetaten,
    metadata: ['fraOgMed', 'tilOgMed'],
  }),
  service({
    serviceCode: '5252',
    editionCode: 2,
    title: { nb: 'Saldo på studielån', nn: 'Saldo på studielån', en: 'Balance of student loans' },
    owner: laanekassen,
    metadata: ['Navn'],
    longestDays: 3 * 365,
  }),
  service({
    serviceCode: '3181',
    editionCode: 120803,
    title: { nb: 'Samtykke uten opplysninger', nn: 'Samtykke utan opplysningar', en: 'Consent without particulars' },
    owner: testdepartement,
  }),
  service({
    serviceCode: '5120',
    editionCode: 1,
    title: { nb: 'Engangssamtykke', nn: 'Eingongssamtykke', en: 'One-time consent' },
    owner: testdepartement,
    oneTime: true,
  }),
  service({
    serviceCode: '5678',
    editionCode: 2,
    title: { nb: 'Fullmakt til en tjeneste', nn: 'Fullmakt til ei teneste', en: 'Power of attorney for a service' },
    owner: testdepartement,
    template: 'poa',
  }),
];

/** The operator's key to the sandbox's Altinn 2; nothing it opens is worth anything. */
export const operatorApiKey = '0a17e2aa-5a4d-4b0c-8000-000000000001';
/** Skatteetaten's, for the service owner's calls. */
export const ownerApiKey = '0a17e2aa-5a4d-4b0c-8000-000000000002';

export const firstApiKeys = (operatorOrgno: string): ApiKey[] => [
  {
    key: operatorApiKey,
    orgno: operatorOrgno,
    redirectHosts: ['localhost', '127.0.0.1', 'hub.example'],
    orgNrMustMatch: true,
    serviceOwner: false,
  },
  { key: ownerApiKey, orgno: skatteetaten, redirectHosts: [], orgNrMustMatch: true, serviceOwner: true },
];

/** What Altinn 2's API delegation named by service code: which codes the real ones had is not known here. */
export const firstSchemes = (): Map<string, string[]> =>
  new Map([
    [
      '5601_1',
      [
        'altinn:consentrequests.read',
        'altinn:consentrequests.write',
        'altinn:consenttokens',
        'altinn:consenttokens.read',
        'altinn:consenttokens.write',
      ],
    ],
    ['5602_1', ['skatteetaten:inntekt', 'skatteetaten:summertskattegrunnlag', 'skatteetaten:kravogbetalinger']],
    ['5603_1', ['lanekassen:lan/v1/saldoopplysninger']],
  ]);
