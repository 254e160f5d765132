import type { Fills, Offer } from './import-plan.ts';
import { upstreamName } from './service.ts';

/** A service that our sources name. `environment`: seen in Altinn's test environment alone. */
type CatalogueEntry = Offer & { environment: 'any' | 'test' };

/** Asked for ten days, a consent given before summer time begins is an hour too long: ask for 9 days, 22 hours, 59 minutes. */
const loanApplication: Fills = {
  template: 'sblanesoknad',
  maxValidityDays: 10,
  validityMarginMinutes: 61,
};
const income = 'skatteetaten:inntekt';
const taxBasis = 'skatteetaten:summertskattegrunnlag';
/** Resources without data of their own: Altinn’s samples ask with this one, for want of another. */
const sampleScope = 'altinn:consentrequests.read';

/** Skatteetaten’s in Altinn 3; the ten days are the rule of the same services in Altinn 2. */
const skatteetaten: CatalogueEntry[] = [
  {
    key: 'ske-samtykke-sbl-inntekt',
    fills: { ...loanApplication, dataScope: income, metadata: ['fraogmed', 'tilogmed'] },
  },
  {
    key: 'ske-samtykke-sbl-summert-skattegrunnlag',
    fills: { ...loanApplication, dataScope: taxBasis, metadata: ['inntektsaar'] },
  },
  { key: 'ske-samtykke-krav-og-betalinger', fills: { dataScope: 'skatteetaten:kravogbetalinger' } },
].map(({ key, fills }) => ({
  key,
  generation: 'altinn3',
  resource: key,
  source: 'seen in TT02; Skatteetaten/api-dokumentasjon; DSOP-Dokumentasjon',
  environment: 'any',
  fills,
}));

/** Of Altinn itself, to try consents with. Where no names of metadata stand here, the registry is asked. */
const testResources: CatalogueEntry[] = (
  [
    ['standard-samtykke-for-dele-data', { metadata: ['inntektsaar'], template: 'default' }],
    ['enkelt-samtykke', { metadata: ['simpletag'], template: 'samtykkemal_simpleconsent' }],
    ['samtykke-test-vegard', { metadata: ['inntektsaar'] }],
    ['samtykke-esoknad', { metadata: ['rente', 'banknavn', 'utloepsar'] }],
    ['samtykke-laanesoeknad', {}],
    ['samtykke-fullmakt-utfoere-tjeneste', {}],
    ['samtykke-brukerstyrt-tilgang', {}],
    ['ttd_inntektsopplysninger', { metadata: ['inntektsaar'], template: 'sblanesoknad' }],
  ] satisfies [string, Fills][]
).map(([key, fills]) => ({
  key,
  generation: 'altinn3',
  resource: key,
  source: 'seen in TT02 (altinn-studio-docs, altinn-authorization-tmp)',
  environment: 'test',
  fills: { ...fills, dataScope: sampleScope },
  checkDataAccess: false,
}));

/** Consent services of Altinn 2, with the names of their metadata as they must be written there. */
const altinn2: CatalogueEntry[] = (
  [
    [
      '4628',
      210607,
      {
        ...loanApplication,
        dataScope: taxBasis,
        metadata: ['inntektsaar'],
        consentHeader: 'AltinnSamtykke',
      },
    ],
    [
      '4804',
      210607,
      {
        ...loanApplication,
        dataScope: income,
        metadata: ['fraOgMed', 'tilOgMed'],
        consentHeader: 'AltinnSamtykke',
      },
    ],
    ['5252', 2, { dataScope: 'lanekassen:lan/v1/saldoopplysninger', metadata: ['Navn'], maxValidityDays: 3 * 365 }],
  ] satisfies [string, number, Fills][]
).map(([serviceCode, serviceEditionCode, fills]) => ({
  key: `${serviceCode}_${serviceEditionCode}`,
  generation: 'altinn2',
  serviceCode,
  serviceEditionCode,
  source: 'henniiing/DSOP-Dokumentasjon (July 2025), Skatteetaten/api-dokumentasjon',
  environment: 'any',
  fills,
}));

/**
 * The services that our sources name, with what they say of them: a first catalogue, to be looked over by whoever runs a hub.
 *
 * @see docs/sources/catalogue.md
 */
export const firstCatalogue: readonly CatalogueEntry[] = [...skatteetaten, ...testResources, ...altinn2];

/** What the catalogue says of a resource of Altinn 3. */
export const catalogued = (resource: string): CatalogueEntry | undefined =>
  firstCatalogue.find((entry) => entry.resource === resource);

/**
 * What it says of the service of Altinn 2 that a resource was made of: as the registry tells it, or else by the name that
 * Altinn gave it, `{org}_{code}_{edition}`. Its data are the same; names, template and header are Altinn 3's to say.
 */
export const cataloguedFrom = (resource: string, altinn2: string | undefined): Fills | undefined => {
  const found = firstCatalogue.find((entry) => {
    if (entry.generation !== 'altinn2') return false;
    const name = upstreamName(entry);
    return altinn2 === undefined ? resource.toLowerCase().endsWith(`_${name}`) : altinn2 === name;
  });
  if (!found) return undefined;
  const { metadata: _, template: __, consentHeader: ___, ...fills } = found.fills;
  return fills;
};
