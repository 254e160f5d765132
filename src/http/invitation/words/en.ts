import type { Words } from './words.ts';

const operatorMends = 'The supplier sees to this. You need not do anything.';

export const en: Words = {
  name: 'English',
  languageLabel: 'Language',
  heading: ({ tenant }) => `Getting ${tenant} ready to ask for consent`,
  intro: [
    ({ operator, tenant }) =>
      `${operator} is the supplier that will ask for consent in Altinn and fetch data on behalf of ${tenant}. Before it can, you must allow ${operator} to do so in Altinn. This is called delegating.`,
    ({ operator, tenant }) =>
      `${tenant} is still the one that asks for consent and receives the data. ${operator} gets access to nothing but what you delegate.`,
  ],
  orgno: (orgno) => `organisation number ${orgno}`,

  standing: 'How it stands now',
  ready: 'Everything is in place. You need not do anything more.',
  left: {
    tenant: (many) => (many === 1 ? 'One thing is left for you to do.' : `${many} things are left for you to do.`),
    others: ({ owner, tenant }) => `${owner} must give ${tenant} access.`,
    operator: ({ operator }) => `${operator} has something to see to.`,
    nothing: 'Nothing is left for you to do.',
  },
  noServices: ({ operator }) => `${operator} has not chosen yet what you will ask consent for.`,
  check: 'Check again',
  checkNote: 'The page looks it up in Maskinporten when you press the button, and not when you merely read.',
  checkAgainAt: (time) => `It was checked a moment ago. You can check again at ${time}.`,
  asOf: (time) => `As it was on ${time}.`,
  print: 'This page can be printed.',

  delegating: {
    heading: 'What you do in Altinn',
    lead: ({ operator }) => `Delegate these APIs to ${operator}:`,
    what: 'APIs to delegate',
    how: ({ operator, operatorOrgno, tenant, tenantOrgno }) => [
      `Open the page in Altinn and log in. Choose to act for ${tenant} (${tenantOrgno}).`,
      `Add ${operator} as a supplier. Its organisation number is ${operatorOrgno}.`,
      'Give the supplier access to each API in the list. Search by its name, or by the scope beside it.',
      'Come back here and press “Check again”. A delegation takes effect at once.',
    ],
    open: 'Open delegation in Altinn',
    who: ({ tenant }) =>
      `Whoever does this needs the access package “Maskinporten administrator” in Altinn for ${tenant}. Ask your general manager or main administrator who that is.`,
    undo: ({ tenant }) => `${tenant} can withdraw the delegation in the same place at any time.`,
    unknown: 'not checked yet',
    missing: 'missing',
  },
  byServices: 'Step by step',
  serviceReady: 'Ready for use',
  serviceWaits: 'Not ready yet',
  states: { done: 'In place', missing: 'Missing', unknown: 'Not checked yet' },
  optional: 'Optional',
  whose: 'Whose move it is',
  movers: {
    tenant: ({ tenant }) => `Yours (${tenant})`,
    'api-owner': ({ owner }) => owner,
    operator: ({ operator }) => operator,
  },
  since: (day) => `since ${day}`,
  checkedAt: (time) => `checked ${time}`,
  knownBy: {
    token: () => 'as Maskinporten answered',
    consent: () => 'as Altinn answered',
    client: ({ operator }) => `as set up at ${operator}`,
    settings: ({ operator }) => `as set up at ${operator}`,
  },
  scope: 'Scope',

  steps: {
    client: {
      title: ({ operator }) => `Maskinporten client at ${operator}`,
      why: ({ operator }) => `Maskinporten must know ${operator} before anything can be fetched.`,
    },
    'client-key': {
      title: ({ operator }) => `Valid keys at ${operator}`,
      why: ({ operator }) => `${operator} shows who it is with a key that must be renewed in time.`,
    },
    'consent-administration': {
      title: ({ operator }) => `Administration of consents, delegated to ${operator}`,
      why: ({ operator, tenant }) =>
        `Lets ${operator} send consent requests and read the answers on behalf of ${tenant}.`,
    },
    'consent-tokens': {
      title: ({ operator }) => `Consent tokens (Altinn 2), delegated to ${operator}`,
      why: ({ operator }) => `Lets ${operator} show the data source that a person has consented.`,
    },
    'data-grant': {
      title: ({ owner, tenant }) => `Access for ${tenant} at ${owner}`,
      why: ({ owner, tenant }) => `${owner} decides who may fetch data, and must have given ${tenant} access.`,
    },
    'data-delegation': {
      title: ({ operator, owner }) => `Access to data from ${owner}, delegated to ${operator}`,
      why: ({ operator, tenant }) =>
        `Lets ${operator} fetch data on behalf of ${tenant}. You can delegate before or after access is given.`,
      waiting: ({ owner }) => `This shows once ${owner} has given access. You can delegate already now.`,
    },
    'access-list': {
      title: ({ owner }) => `The access list of ${owner}`,
      why: ({ owner, tenant }) =>
        `The data source may keep a list of who may ask for this consent. Then ${tenant} must be on it, at ${owner}.`,
      waiting: () => 'This shows when the first consent is sent.',
    },
    'redirect-address': {
      title: () => 'The address that the browser returns to',
      why: () => 'Whoever has answered in Altinn is sent back to your site or app.',
    },
    webhook: {
      title: () => 'Word to your system when something happens',
      why: () => 'Your developers give an address (webhook) through the API. It is optional: they can also ask.',
    },
  },
  reasons: {
    'access-not-delegated': ({ operator }) =>
      `Maskinporten answers that you have not delegated this to ${operator} in Altinn.`,
    'access-not-granted': ({ owner, tenant }) =>
      `Maskinporten answers that ${owner} has not given ${tenant} access. Contact ${owner} if you have not asked for it. You can delegate already now.`,
    'not-on-access-list': ({ owner, tenant }) =>
      `${owner} has not let ${tenant} in. Contact ${owner} if you have not agreed on it with them.`,
    'client-missing': () => `The supplier lacks a client in Maskinporten. ${operatorMends}`,
    'client-scope-missing': () => `The supplier’s client lacks this scope. ${operatorMends}`,
    'client-refused': () => `Maskinporten does not accept the supplier’s client. ${operatorMends}`,
    'client-not-ours': () => `The client in Maskinporten is not the supplier’s. ${operatorMends}`,
    'key-refused': () => `Maskinporten does not accept the supplier’s key. ${operatorMends}`,
    'client-key-unavailable': () => `The supplier cannot reach its key right now. ${operatorMends}`,
    'altinn-not-authorised': () => `Altinn does not accept what the supplier shows. ${operatorMends}`,
    'altinn-key-refused': () => `Altinn 2 does not accept the supplier’s API key. ${operatorMends}`,
    'resource-unknown': () => `Altinn does not know the resource that the supplier has set up. ${operatorMends}`,
  },
  operatorMends,
  missing: {
    'redirect-address': ({ operator }) => `Tell ${operator} which address it shall be.`,
    webhook: () => 'No address has been given yet.',
  },

  services: {
    'skatteetaten:inntekt': 'Income per month from the Tax Administration',
    'skatteetaten:summertskattegrunnlag': 'Summarised tax basis from the Tax Administration',
    'skatteetaten:kravogbetalinger': 'Claims and payments from the Tax Administration',
    'lanekassen:lan/v1/saldoopplysninger': 'Loan balance at the State Educational Loan Fund',
  },
  owners: {
    altinn: 'Digdir (Altinn)',
    skatteetaten: 'the Tax Administration (Skatteetaten)',
    lanekassen: 'the State Educational Loan Fund (Lånekassen)',
  },
  otherOwner: (prefix) => `the owner of ${prefix}`,
  administration: 'Access to administer consent requests (“Tilgang til å administrere samtykkeforespørsler”)',
  tokens: 'Access to consent tokens (Altinn 2)',

  until: (time) => `The link to this page works until ${time}.`,
  private:
    'Nothing on this page is secret, but the link was made for you. Whoever has the link can read the page without logging in.',
};
