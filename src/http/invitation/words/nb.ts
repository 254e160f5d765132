import type { Words } from './words.ts';

const operatorMends = 'Dette ordner leverandøren. Dere trenger ikke gjøre noe.';

export const nb: Words = {
  name: 'Bokmål',
  languageLabel: 'Språk',
  heading: ({ tenant }) => `Slik blir ${tenant} klar til å be om samtykke`,
  intro: [
    ({ operator, tenant }) =>
      `${operator} er leverandøren som skal be om samtykke i Altinn og hente opplysninger på vegne av ${tenant}. Før det kan skje, må dere gi ${operator} lov til det i Altinn. Det kalles å delegere.`,
    ({ operator, tenant }) =>
      `${tenant} er fortsatt den som ber om samtykke og får opplysningene. ${operator} får ikke tilgang til noe annet enn det dere delegerer.`,
  ],
  orgno: (orgno) => `organisasjonsnummer ${orgno}`,

  standing: 'Slik står det til nå',
  ready: 'Alt er på plass. Dere trenger ikke gjøre mer.',
  left: {
    tenant: (many) => (many === 1 ? 'Én ting gjenstår hos dere.' : `${many} ting gjenstår hos dere.`),
    others: ({ owner, tenant }) => `${owner} må gi ${tenant} tilgang.`,
    operator: ({ operator }) => `${operator} har noe å ordne på sin side.`,
    nothing: 'Ingenting gjenstår hos dere.',
  },
  noServices: ({ operator }) => `${operator} har ikke valgt hva dere skal be om samtykke til ennå.`,
  check: 'Sjekk på nytt',
  checkNote: 'Siden ser etter i Maskinporten når dere trykker på knappen, ikke når dere bare leser.',
  checkAgainAt: (time) => `Det ble sjekket for litt siden. Dere kan sjekke på nytt klokken ${time}.`,
  asOf: (time) => `Slik det var ${time}.`,
  print: 'Siden kan skrives ut.',

  delegating: {
    heading: 'Dette gjør dere i Altinn',
    lead: ({ operator }) => `Deleger disse API-ene til ${operator}:`,
    what: 'API-er som skal delegeres',
    how: ({ operator, operatorOrgno, tenant, tenantOrgno }) => [
      `Åpne siden i Altinn og logg inn. Velg at du handler for ${tenant} (${tenantOrgno}).`,
      `Legg til ${operator} som leverandør. Organisasjonsnummeret er ${operatorOrgno}.`,
      'Gi leverandøren tilgang til hvert av API-ene i listen. Søk på navnet, eller på scopet som står ved siden av.',
      'Kom tilbake hit og trykk «Sjekk på nytt». En delegering virker med en gang.',
    ],
    open: 'Åpne delegering i Altinn',
    who: ({ tenant }) =>
      `Den som gjør dette, må ha tilgangspakken «Maskinporten administrator» i Altinn for ${tenant}. Spør daglig leder eller hovedadministratoren om hvem det er hos dere.`,
    undo: ({ tenant }) => `${tenant} kan når som helst trekke delegeringen tilbake samme sted.`,
    unknown: 'ikke undersøkt ennå',
    missing: 'mangler',
  },
  byServices: 'Steg for steg',
  serviceReady: 'Klar til bruk',
  serviceWaits: 'Ikke klar ennå',
  states: { done: 'På plass', missing: 'Mangler', unknown: 'Ikke undersøkt ennå' },
  optional: 'Valgfritt',
  whose: 'Hvem må gjøre noe',
  movers: {
    tenant: ({ tenant }) => `Dere (${tenant})`,
    'api-owner': ({ owner }) => owner,
    operator: ({ operator }) => operator,
  },
  since: (day) => `siden ${day}`,
  checkedAt: (time) => `sjekket ${time}`,
  knownBy: {
    token: () => 'etter svar fra Maskinporten',
    consent: () => 'etter svar fra Altinn',
    client: ({ operator }) => `etter oppsettet hos ${operator}`,
    settings: ({ operator }) => `etter oppsettet hos ${operator}`,
  },
  scope: 'Scope',

  steps: {
    client: {
      title: ({ operator }) => `Maskinporten-klient hos ${operator}`,
      why: ({ operator }) => `Maskinporten må kjenne ${operator} før noe kan hentes.`,
    },
    'client-key': {
      title: ({ operator }) => `Gyldige nøkler hos ${operator}`,
      why: ({ operator }) => `${operator} viser hvem de er med en nøkkel som må fornyes i tide.`,
    },
    'consent-administration': {
      title: ({ operator }) => `Administrasjon av samtykker delegert til ${operator}`,
      why: ({ operator, tenant }) =>
        `Gjør at ${operator} kan sende samtykkeforespørsler og lese svarene på vegne av ${tenant}.`,
    },
    'consent-tokens': {
      title: ({ operator }) => `Samtykketokens (Altinn 2) delegert til ${operator}`,
      why: ({ operator }) => `Gjør at ${operator} kan vise datakilden at en person har samtykket.`,
    },
    'data-grant': {
      title: ({ owner, tenant }) => `Tilgang for ${tenant} hos ${owner}`,
      why: ({ owner, tenant }) => `${owner} bestemmer hvem som får hente data, og må ha gitt ${tenant} tilgang.`,
    },
    'data-delegation': {
      title: ({ operator, owner }) => `Tilgang til data fra ${owner}, delegert til ${operator}`,
      why: ({ operator, tenant }) =>
        `Gjør at ${operator} kan hente data på vegne av ${tenant}. Dere kan delegere før eller etter at tilgangen er gitt.`,
      waiting: ({ owner }) => `Dette viser seg først når ${owner} har gitt tilgang. Dere kan delegere allerede nå.`,
    },
    'access-list': {
      title: ({ owner }) => `Tilgangslisten hos ${owner}`,
      why: ({ owner, tenant }) =>
        `Datakilden kan føre liste over hvem som får be om dette samtykket. Da må ${tenant} stå på den hos ${owner}.`,
      waiting: () => 'Dette viser seg først når det første samtykket blir sendt.',
    },
    'redirect-address': {
      title: () => 'Adressen som nettleseren kommer tilbake til',
      why: () => 'Den som har svart i Altinn, sendes tilbake til nettstedet eller appen deres.',
    },
    webhook: {
      title: () => 'Beskjed til systemet deres når noe skjer',
      why: () =>
        'Utviklerne deres oppgir en adresse (webhook) gjennom API-et. Det er frivillig: de kan også spørre selv.',
    },
  },
  reasons: {
    'access-not-delegated': ({ operator }) =>
      `Maskinporten svarer at dere ikke har delegert dette til ${operator} i Altinn.`,
    'access-not-granted': ({ owner, tenant }) =>
      `Maskinporten svarer at ${owner} ikke har gitt ${tenant} tilgang. Ta kontakt med ${owner} hvis dere ikke har bedt om den. Dere kan delegere allerede nå.`,
    'not-on-access-list': ({ owner, tenant }) =>
      `${owner} har ikke sluppet til ${tenant}. Ta kontakt med ${owner} hvis dere ikke har avtalt det med dem.`,
    'client-missing': () => `Leverandøren mangler en klient i Maskinporten. ${operatorMends}`,
    'client-scope-missing': () => `Klienten til leverandøren mangler dette scopet. ${operatorMends}`,
    'client-refused': () => `Maskinporten godtar ikke klienten til leverandøren. ${operatorMends}`,
    'client-not-ours': () => `Klienten i Maskinporten hører ikke til leverandøren. ${operatorMends}`,
    'key-refused': () => `Maskinporten godtar ikke nøkkelen til leverandøren. ${operatorMends}`,
    'client-key-unavailable': () => `Leverandøren når ikke nøkkelen sin akkurat nå. ${operatorMends}`,
    'altinn-not-authorised': () => `Altinn godtar ikke det leverandøren viser fram. ${operatorMends}`,
    'altinn-key-refused': () => `Altinn 2 godtar ikke API-nøkkelen til leverandøren. ${operatorMends}`,
    'resource-unknown': () => `Altinn kjenner ikke ressursen som leverandøren har satt opp. ${operatorMends}`,
  },
  operatorMends,
  missing: {
    'redirect-address': ({ operator }) => `Gi ${operator} beskjed om hvilken adresse det skal være.`,
    webhook: () => 'Ingen adresse er oppgitt ennå.',
  },

  services: {
    'skatteetaten:inntekt': 'Inntekt per måned fra Skatteetaten',
    'skatteetaten:summertskattegrunnlag': 'Summert skattegrunnlag fra Skatteetaten',
    'skatteetaten:kravogbetalinger': 'Krav og betalinger fra Skatteetaten',
    'lanekassen:lan/v1/saldoopplysninger': 'Saldo på lån i Lånekassen',
  },
  owners: { altinn: 'Digdir (Altinn)', skatteetaten: 'Skatteetaten', lanekassen: 'Lånekassen' },
  otherOwner: (prefix) => `eieren av ${prefix}`,
  administration: 'Tilgang til å administrere samtykkeforespørsler',
  tokens: 'Tilgang til samtykketokens (Altinn 2)',

  until: (time) => `Lenken til denne siden virker til ${time}.`,
  private:
    'Siden viser ikke noe hemmelig, men lenken er laget til dere. Den som har lenken, kan lese siden uten å logge inn.',
};
