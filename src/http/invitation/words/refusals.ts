import type { Language } from '../../../domain/invitation.ts';
import type { Refusals } from './words.ts';

/** Said in all languages at once: nothing is known of whoever reads it. */
export const refusals: Record<Language, Refusals> = {
  nb: {
    unknown: {
      heading: 'Denne lenken virker ikke',
      text: 'Den er ufullstendig, for gammel eller trukket tilbake. Be den som sendte den, om en ny.',
    },
    tooMany: { heading: 'Prøv igjen om litt', text: 'Det kommer mange forespørsler herfra akkurat nå.' },
  },
  nn: {
    unknown: {
      heading: 'Denne lenkja verkar ikkje',
      text: 'Ho er ufullstendig, for gammal eller trekt tilbake. Be den som sende henne, om ei ny.',
    },
    tooMany: { heading: 'Prøv igjen om litt', text: 'Det kjem mange førespurnader herifrå akkurat no.' },
  },
  en: {
    unknown: {
      heading: 'This link does not work',
      text: 'It is incomplete, too old or withdrawn. Ask whoever sent it for a new one.',
    },
    tooMany: { heading: 'Try again in a moment', text: 'Many requests come from here right now.' },
  },
};
