import type { Words } from './words.ts';

const operatorMends = 'Dette ordnar leverandøren. De treng ikkje gjere noko.';

export const nn: Words = {
  name: 'Nynorsk',
  languageLabel: 'Språk',
  heading: ({ tenant }) => `Slik blir ${tenant} klar til å be om samtykke`,
  intro: [
    ({ operator, tenant }) =>
      `${operator} er leverandøren som skal be om samtykke i Altinn og hente opplysningar på vegner av ${tenant}. Før det kan skje, må de gje ${operator} lov til det i Altinn. Det blir kalla å delegere.`,
    ({ operator, tenant }) =>
      `${tenant} er framleis den som bed om samtykke og får opplysningane. ${operator} får ikkje tilgang til noko anna enn det de delegerer.`,
  ],
  orgno: (orgno) => `organisasjonsnummer ${orgno}`,

  standing: 'Slik står det til no',
  ready: 'Alt er på plass. De treng ikkje gjere meir.',
  left: {
    tenant: (many) => (many === 1 ? 'Éin ting står att hos dykk.' : `${many} ting står att hos dykk.`),
    others: ({ owner, tenant }) => `${owner} må gje ${tenant} tilgang.`,
    operator: ({ operator }) => `${operator} har noko å ordne på si side.`,
    nothing: 'Ingenting står att hos dykk.',
  },
  noServices: ({ operator }) => `${operator} har ikkje valt kva de skal be om samtykke til enno.`,
  check: 'Sjekk på nytt',
  checkNote: 'Sida ser etter i Maskinporten når de trykkjer på knappen, ikkje når de berre les.',
  checkAgainAt: (time) => `Det vart sjekka for litt sidan. De kan sjekke på nytt klokka ${time}.`,
  asOf: (time) => `Slik det var ${time}.`,
  print: 'Sida kan skrivast ut.',

  delegating: {
    heading: 'Dette gjer de i Altinn',
    lead: ({ operator }) => `Deleger desse API-a til ${operator}:`,
    what: 'API som skal delegerast',
    how: ({ operator, operatorOrgno, tenant, tenantOrgno }) => [
      `Opne sida i Altinn og logg inn. Vel at du handlar for ${tenant} (${tenantOrgno}).`,
      `Legg til ${operator} som leverandør. Organisasjonsnummeret er ${operatorOrgno}.`,
      'Gje leverandøren tilgang til kvart av API-a i lista. Søk på namnet, eller på scopet som står ved sida av.',
      'Kom tilbake hit og trykk «Sjekk på nytt». Ei delegering verkar med ein gong.',
    ],
    open: 'Opne delegering i Altinn',
    who: ({ tenant }) =>
      `Den som gjer dette, må ha tilgangspakken «Maskinporten administrator» i Altinn for ${tenant}. Spør dagleg leiar eller hovudadministratoren om kven det er hos dykk.`,
    undo: ({ tenant }) => `${tenant} kan når som helst trekkje delegeringa tilbake same stad.`,
    unknown: 'ikkje undersøkt enno',
    missing: 'manglar',
  },
  byServices: 'Steg for steg',
  serviceReady: 'Klar til bruk',
  serviceWaits: 'Ikkje klar enno',
  states: { done: 'På plass', missing: 'Manglar', unknown: 'Ikkje undersøkt enno' },
  optional: 'Valfritt',
  whose: 'Kven må gjere noko',
  movers: {
    tenant: ({ tenant }) => `De (${tenant})`,
    'api-owner': ({ owner }) => owner,
    operator: ({ operator }) => operator,
  },
  since: (day) => `sidan ${day}`,
  checkedAt: (time) => `sjekka ${time}`,
  knownBy: {
    token: () => 'etter svar frå Maskinporten',
    consent: () => 'etter svar frå Altinn',
    client: ({ operator }) => `etter oppsettet hos ${operator}`,
    settings: ({ operator }) => `etter oppsettet hos ${operator}`,
  },
  scope: 'Scope',

  steps: {
    client: {
      title: ({ operator }) => `Maskinporten-klient hos ${operator}`,
      why: ({ operator }) => `Maskinporten må kjenne ${operator} før noko kan hentast.`,
    },
    'client-key': {
      title: ({ operator }) => `Gyldige nøklar hos ${operator}`,
      why: ({ operator }) => `${operator} viser kven dei er med ein nøkkel som må fornyast i tide.`,
    },
    'consent-administration': {
      title: ({ operator }) => `Administrasjon av samtykke delegert til ${operator}`,
      why: ({ operator, tenant }) =>
        `Gjer at ${operator} kan sende samtykkeførespurnader og lese svara på vegner av ${tenant}.`,
    },
    'consent-tokens': {
      title: ({ operator }) => `Samtykketoken (Altinn 2) delegert til ${operator}`,
      why: ({ operator }) => `Gjer at ${operator} kan vise datakjelda at ein person har samtykt.`,
    },
    'data-grant': {
      title: ({ owner, tenant }) => `Tilgang for ${tenant} hos ${owner}`,
      why: ({ owner, tenant }) => `${owner} avgjer kven som får hente data, og må ha gjeve ${tenant} tilgang.`,
    },
    'data-delegation': {
      title: ({ operator, owner }) => `Tilgang til data frå ${owner}, delegert til ${operator}`,
      why: ({ operator, tenant }) =>
        `Gjer at ${operator} kan hente data på vegner av ${tenant}. De kan delegere før eller etter at tilgangen er gjeven.`,
      waiting: ({ owner }) => `Dette viser seg først når ${owner} har gjeve tilgang. De kan delegere alt no.`,
    },
    'access-list': {
      title: ({ owner }) => `Tilgangslista hos ${owner}`,
      why: ({ owner, tenant }) =>
        `Datakjelda kan føre liste over kven som får be om dette samtykket. Då må ${tenant} stå på henne hos ${owner}.`,
      waiting: () => 'Dette viser seg først når det første samtykket blir sendt.',
    },
    'redirect-address': {
      title: () => 'Adressa som nettlesaren kjem tilbake til',
      why: () => 'Den som har svart i Altinn, blir send tilbake til nettstaden eller appen dykkar.',
    },
    webhook: {
      title: () => 'Melding til systemet dykkar når noko skjer',
      why: () =>
        'Utviklarane dykkar oppgjev ei adresse (webhook) gjennom API-et. Det er frivillig: dei kan òg spørje sjølve.',
    },
  },
  reasons: {
    'access-not-delegated': ({ operator }) =>
      `Maskinporten svarar at de ikkje har delegert dette til ${operator} i Altinn.`,
    'access-not-granted': ({ owner, tenant }) =>
      `Maskinporten svarar at ${owner} ikkje har gjeve ${tenant} tilgang. Ta kontakt med ${owner} om de ikkje har bede om han. De kan delegere alt no.`,
    'not-on-access-list': ({ owner, tenant }) =>
      `${owner} har ikkje sleppt til ${tenant}. Ta kontakt med ${owner} om de ikkje har avtalt det med dei.`,
    'client-missing': () => `Leverandøren manglar ein klient i Maskinporten. ${operatorMends}`,
    'client-scope-missing': () => `Klienten til leverandøren manglar dette scopet. ${operatorMends}`,
    'client-refused': () => `Maskinporten godtek ikkje klienten til leverandøren. ${operatorMends}`,
    'client-not-ours': () => `Klienten i Maskinporten høyrer ikkje til leverandøren. ${operatorMends}`,
    'key-refused': () => `Maskinporten godtek ikkje nøkkelen til leverandøren. ${operatorMends}`,
    'client-key-unavailable': () => `Leverandøren når ikkje nøkkelen sin akkurat no. ${operatorMends}`,
    'altinn-not-authorised': () => `Altinn godtek ikkje det leverandøren viser fram. ${operatorMends}`,
    'altinn-key-refused': () => `Altinn 2 godtek ikkje API-nøkkelen til leverandøren. ${operatorMends}`,
    'resource-unknown': () => `Altinn kjenner ikkje ressursen som leverandøren har sett opp. ${operatorMends}`,
  },
  operatorMends,
  missing: {
    'redirect-address': ({ operator }) => `Gje ${operator} melding om kva adresse det skal vere.`,
    webhook: () => 'Inga adresse er oppgjeven enno.',
  },

  services: {
    'skatteetaten:inntekt': 'Inntekt per månad frå Skatteetaten',
    'skatteetaten:summertskattegrunnlag': 'Summert skattegrunnlag frå Skatteetaten',
    'skatteetaten:kravogbetalinger': 'Krav og betalingar frå Skatteetaten',
    'lanekassen:lan/v1/saldoopplysninger': 'Saldo på lån i Lånekassen',
  },
  owners: { altinn: 'Digdir (Altinn)', skatteetaten: 'Skatteetaten', lanekassen: 'Lånekassen' },
  otherOwner: (prefix) => `eigaren av ${prefix}`,
  administration: 'Tilgang til å administrere samtykkeførespurnader',
  tokens: 'Tilgang til samtykketoken (Altinn 2)',

  until: (time) => `Lenkja til denne sida verkar til ${time}.`,
  private:
    'Sida viser ikkje noko hemmeleg, men lenkja er laga til dykk. Den som har lenkja, kan lese sida utan å logge inn.',
};
