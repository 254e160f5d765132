import { v7 } from 'uuid';
import { firstApiKeys, firstSchemes, firstServices } from './altinn2/first-services.ts';
import { addOrganization, addPerson, grant, onboard } from './change-world.ts';
import { type Resource, type Scope, serviceName, type World } from './world.ts';

/** The delegation register's name for itself in test, as tokens there carry it. */
export const altinnAsDelegationSource = 'https://tt02.altinn.no/';

const skatteetaten = { orgno: '974761076', orgcode: 'skd' };
const laanekassen = { orgno: '960885406' };
const testdepartement = { orgno: '991825827', orgcode: 'ttd' };
const digdir = { orgno: '991825827', orgcode: 'digdir' };

const consent = (
  resource: Pick<Resource, 'identifier' | 'title' | 'metadata' | 'template'> & Partial<Resource>,
): Resource => ({
  version: 1,
  type: 'Consent',
  owner: testdepartement,
  accessListMode: 'Disabled',
  text: null,
  oneTime: false,
  scopes: [],
  ...resource,
});

/** Resources seen in Altinn's test environment, with their real identifiers, metadata names and templates. */
const resources: Resource[] = [
  consent({
    identifier: 'ske-samtykke-sbl-inntekt',
    title: { nb: 'Inntektsopplysninger per måned', nn: 'Inntektsopplysningar per månad', en: 'Income per month' },
    text: {
      nb: 'Lønn og andre ytelser som arbeidsgivere har meldt til Skatteetaten, måned for måned.',
      en: 'Pay and other benefits that employers have reported to the Tax Administration, month by month.',
    },
    metadata: ['fraogmed', 'tilogmed'],
    template: 'sblanesoknad',
    owner: skatteetaten,
    accessListMode: 'Enabled',
  }),
  consent({
    identifier: 'ske-samtykke-sbl-summert-skattegrunnlag',
    title: { nb: 'Summert skattegrunnlag', nn: 'Summert skattegrunnlag', en: 'Summarised tax basis' },
    text: {
      nb: 'Inntekt, formue, gjeld og renter fra skattemeldingen for ett år.',
      en: 'Income, wealth, debt and interest from the tax return of one year.',
    },
    metadata: ['inntektsaar'],
    template: 'sblanesoknad',
    owner: skatteetaten,
    accessListMode: 'Enabled',
  }),
  consent({
    identifier: 'standard-samtykke-for-dele-data',
    title: {
      nb: 'Standard samtykke for å dele data',
      nn: 'Standard samtykke for å dele data',
      en: 'Standard consent to share data',
    },
    metadata: ['inntektsaar'],
    template: 'default',
  }),
  consent({
    identifier: 'enkelt-samtykke',
    title: { nb: 'Enkelt samtykke', nn: 'Enkelt samtykke', en: 'Simple consent' },
    metadata: ['simpletag'],
    template: 'samtykkemal_simpleconsent',
    version: 4,
  }),
  consent({
    identifier: 'samtykke-test-vegard',
    title: { nb: 'Samtykke, test', nn: 'Samtykke, test', en: 'Consent, a test' },
    metadata: ['inntektsaar'],
    template: 'default',
  }),
  consent({
    identifier: 'samtykke-esoknad',
    title: { nb: 'Samtykke til eSøknad', nn: 'Samtykke til eSøknad', en: 'Consent to an electronic loan application' },
    metadata: ['rente', 'banknavn', 'utloepsar'],
    template: 'default',
  }),
  consent({
    identifier: 'ttd_inntektsopplysninger',
    title: { nb: 'Generisk Tilgangslisteressurs', nn: 'Generisk Tilgongslisteressurs', en: 'Consent Income Resource ' },
    metadata: ['inntektsaar'],
    template: 'sblanesoknad',
    accessListMode: 'Enabled',
    version: 4,
  }),
  {
    ...consent({
      identifier: 'sandbox-samtykkeforesporsler',
      title: { nb: 'Administrere samtykkeforespørsler', en: 'Administer consent requests' },
      metadata: [],
      template: null,
    }),
    type: 'MaskinportenSchema',
    scopes: [
      'altinn:consentrequests.read',
      'altinn:consentrequests.write',
      'altinn:consenttokens',
      'altinn:consenttokens.read',
      'altinn:consenttokens.write',
    ],
  },
  {
    ...consent({
      identifier: 'sandbox-skatteetaten-data',
      title: { nb: 'Skatteetatens data for finansnæringen', en: 'Tax data for the financial sector' },
      metadata: [],
      template: null,
      owner: skatteetaten,
    }),
    type: 'MaskinportenSchema',
    scopes: ['skatteetaten:inntekt', 'skatteetaten:summertskattegrunnlag', 'skatteetaten:kravogbetalinger'],
  },
  {
    ...consent({
      identifier: 'sandbox-lanekassen-saldo',
      title: { nb: 'Lånekassens saldoopplysninger', en: 'Balances of the State Educational Loan Fund' },
      metadata: [],
      template: null,
      owner: { ...laanekassen, orgcode: 'lanekassen' },
    }),
    type: 'MaskinportenSchema',
    scopes: ['lanekassen:lan/v1/saldoopplysninger'],
  },
];

const delegable = (name: string, owner: string): Scope => ({
  name,
  owner,
  atMaxAge: 0,
  delegationSource: altinnAsDelegationSource,
  accessibleForAll: false,
  forMaskinporten: true,
});

/** What owners of scopes and resources do by machine, and suppliers that look who has delegated to them. */
const ownersScopes = [
  'idporten:scopes.write',
  'altinn:resourceregistry/accesslist.read',
  'altinn:resourceregistry/accesslist.write',
  'altinn:maskinporten/delegations',
  'altinn:accessmanagement/enduser:maskinportenconsumers.read',
  'altinn:accessmanagement/enduser:maskinportenconsumers.write',
  'altinn:delegationrequests.read',
  'altinn:delegationrequests.write',
];

const scopes: Scope[] = [
  delegable('altinn:consentrequests.read', digdir.orgno),
  delegable('altinn:consentrequests.write', digdir.orgno),
  delegable('altinn:consenttokens', digdir.orgno),
  delegable('altinn:consenttokens.read', digdir.orgno),
  delegable('altinn:consenttokens.write', digdir.orgno),
  delegable('skatteetaten:inntekt', skatteetaten.orgno),
  delegable('skatteetaten:summertskattegrunnlag', skatteetaten.orgno),
  delegable('skatteetaten:kravogbetalinger', skatteetaten.orgno),
  delegable('lanekassen:lan/v1/saldoopplysninger', laanekassen.orgno),
  { ...delegable('altinn:consentrequests.org', digdir.orgno), delegationSource: null },
  { ...delegable('altinn:maskinporten/consent.read', digdir.orgno), delegationSource: null },
  { ...delegable('altinn:maskinporten/delegations.admin', digdir.orgno), delegationSource: null },
  { ...delegable('altinn:serviceowner/consents', digdir.orgno), delegationSource: null },
  { ...delegable('altinn:serviceowner/srr.read', digdir.orgno), delegationSource: null },
  { ...delegable('altinn:serviceowner/srr.write', digdir.orgno), delegationSource: null },
  ...['read', 'modify', 'write'].map((deed) => ({
    ...delegable(`idporten:dcr.${deed}`, digdir.orgno),
    delegationSource: null,
  })),
  ...ownersScopes.map((name) => ({ ...delegable(name, digdir.orgno), delegationSource: null })),
];

/** Known by number on the pages, and by surname in the register that Altinn 2 compares with. */
const firstPersons: [id: string, surname: string][] = [
  ['25922947409', 'Nordmann'],
  ['03867199348', 'Lippe'],
  ['23886799519', 'Hansen'],
];

/**
 * The world at the start. Two organisations of the published examples are in it: 313876144 has delegated all to the
 * operator, while 991825827 may do all by itself and has delegated nothing. There are no clients yet.
 */
export const firstWorld = (operatorOrgno: string, now: Date): World => {
  const world: World = {
    operatorOrgno,
    organizations: new Map(),
    persons: new Map(),
    resources: new Map(resources.map((resource) => [resource.identifier, resource])),
    scopes: new Map(scopes.map((scope) => [scope.name, scope])),
    clients: new Map(),
    grants: new Set(),
    delegations: new Map(),
    accessLists: new Map(),
    services: new Map(firstServices.map((service) => [serviceName(service), service])),
    apiKeys: new Map(firstApiKeys(operatorOrgno).map((apiKey) => [apiKey.key, apiKey])),
    srr: [],
    ownerLists: new Map(),
    schemes: firstSchemes(),
  };
  for (const [index, [id, surname]] of firstPersons.entries()) {
    addPerson(world, { id, name: `Syntetisk person ${index + 1}`, partyUuid: v7(), surname });
  }
  addOrganization(world, { orgno: '310149942', name: 'Syntetisk leverandør' });
  addOrganization(world, { orgno: operatorOrgno, name: 'Samtykkehuben' });
  // As Digdir's service desk does for whoever asks.
  for (const { name } of scopes) if (name.startsWith('idporten:dcr.')) grant(world, operatorOrgno, name);
  addOrganization(world, { orgno: skatteetaten.orgno, name: 'Skatteetaten' });
  addOrganization(world, { orgno: laanekassen.orgno, name: 'Lånekassen' });
  // The owner of services calls for itself alone.
  for (const { name } of scopes) if (name.startsWith('altinn:serviceowner/')) grant(world, skatteetaten.orgno, name);
  addOrganization(world, { orgno: '910514318', name: 'Syntetisk foretak' });
  onboard(world, { orgno: '313876144', name: 'Syntetisk bank' }, now);
  onboard(world, { orgno: testdepartement.orgno, name: 'Testdepartement' }, now);
  for (const key of [...world.delegations.keys()]) {
    if (key.startsWith(testdepartement.orgno)) world.delegations.delete(key);
  }
  return world;
};
