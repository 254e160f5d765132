import type { Language } from './texts.ts';

/** What the page says on which an organisation delegates APIs to suppliers. */
const nb = {
  brand: 'Maskinporten i Altinn',
  signInTitle: 'Velg virksomhet',
  signInLead: 'Velg hvilken virksomhet du handler for. Du er Maskinporten-administrator for den du velger.',
  organization: 'Virksomhet',
  signIn: 'Gå videre',
  actsFor: 'Du handler for',
  signOut: 'Velg en annen virksomhet',
  title: 'API-er og leverandører',
  lead: 'Når dere delegerer et API til en leverandør, kan den bruke API-et på deres vegne. Det virker med en gang.',
  owner: 'Eies av',
  scopes: 'Scopes',
  delegatedTo: 'Delegert til',
  toNobody: 'Ikke delegert til noen.',
  partly: 'bare noen av scopene',
  since: (time: string) => `siden ${time}`,
  supplier: 'Leverandørens organisasjonsnummer',
  delegate: (resource: string) => `Deleger ${resource}`,
  delegateShort: 'Deleger',
  withdraw: 'Trekk tilbake',
  withdrawFrom: (supplier: string, resource: string) => `Trekk ${resource} tilbake fra ${supplier}`,
  done: (resource: string, supplier: string) => `${resource} er delegert til ${supplier}.`,
  withdrawn: (resource: string, supplier: string) => `${resource} er trukket tilbake fra ${supplier}.`,
  refusedTitle: 'Det gikk ikke',
  refusals: {
    'orgno-invalid': 'Dette er ikke et organisasjonsnummer: det er ni sifre, og det siste må stemme.',
    'AM-00023': 'Det finnes ingen virksomhet med dette nummeret.',
    'AM-00027': 'API-et finnes ikke, eller kan ikke delegeres.',
    self: 'En virksomhet kan ikke delegere til seg selv.',
    stale: 'Siden er for gammel. Åpne den på nytt og prøv igjen.',
  },
  back: 'Tilbake',
};

const en: typeof nb = {
  brand: 'Maskinporten in Altinn',
  signInTitle: 'Choose an organisation',
  signInLead: 'Choose whom you act for. You are the Maskinporten administrator of whichever you choose.',
  organization: 'Organisation',
  signIn: 'Continue',
  actsFor: 'You act for',
  signOut: 'Choose another organisation',
  title: 'APIs and suppliers',
  lead: 'When you delegate an API to a supplier, it can use the API on your behalf. It takes effect at once.',
  owner: 'Owned by',
  scopes: 'Scopes',
  delegatedTo: 'Delegated to',
  toNobody: 'Delegated to nobody.',
  partly: 'some of its scopes only',
  since: (time) => `since ${time}`,
  supplier: 'The supplier’s organisation number',
  delegate: (resource) => `Delegate ${resource}`,
  delegateShort: 'Delegate',
  withdraw: 'Withdraw',
  withdrawFrom: (supplier, resource) => `Withdraw ${resource} from ${supplier}`,
  done: (resource, supplier) => `${resource} is delegated to ${supplier}.`,
  withdrawn: (resource, supplier) => `${resource} is withdrawn from ${supplier}.`,
  refusedTitle: 'That did not work',
  refusals: {
    'orgno-invalid': 'This is no organisation number: it has nine digits, and the last must fit.',
    'AM-00023': 'There is no organisation with this number.',
    'AM-00027': 'The API does not exist, or cannot be delegated.',
    self: 'An organisation cannot delegate to itself.',
    stale: 'This page is too old. Open it again and retry.',
  },
  back: 'Back',
};

export type Refusal = keyof typeof nb.refusals;

export const administratorTextsIn = (language: Language): typeof nb => (language === 'en' ? en : nb);
