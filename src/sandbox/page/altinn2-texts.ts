import type { Language } from './texts.ts';

/** What the pages of Altinn 2 say besides the texts both have. */
const nb = {
  close: 'Lukk uten å svare',
  closedTitle: 'Forespørselen er ikke besvart',
  closed: 'Du kan svare senere med den samme lenken.',
  expired: 'Fristen for å gi dette samtykket er ute.',
  portalTitle: 'Mine samtykker',
  pending: 'Forespørsler som venter på svar',
  given: 'Samtykker du har gitt',
  nothing: 'Ingen.',
  read: (name: string) => `Les forespørselen fra ${name}`,
  revoke: 'Trekk tilbake',
  statuses: {
    Unopened: '',
    Opened: '',
    Accepted: 'Samtykket er gitt',
    Rejected: 'Du har svart nei',
  },
  ended: 'Samtykket er trukket tilbake eller brukt',
};

const en: typeof nb = {
  close: 'Close without answering',
  closedTitle: 'The request has not been answered',
  closed: 'You can answer later with the same link.',
  expired: 'The time to give this consent has run out.',
  portalTitle: 'My consents',
  pending: 'Requests waiting for an answer',
  given: 'Consents you have given',
  nothing: 'None.',
  read: (name) => `Read the request from ${name}`,
  revoke: 'Withdraw',
  statuses: {
    Unopened: '',
    Opened: '',
    Accepted: 'The consent is given',
    Rejected: 'You said no',
  },
  ended: 'The consent is withdrawn or used up',
};

export const altinn2TextsIn = (language: Language): typeof nb => (language === 'en' ? en : nb);
