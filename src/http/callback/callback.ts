import { z } from 'zod';
import { redirectKind } from '../../domain/redirect.ts';
import { limitByKey } from '../../lib/limit-by-key.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { escapeHtml, page } from '../everybody/html.ts';
import { networkOf } from '../limits.ts';
import { type Answer, type Route, route } from '../route.ts';

const words = {
  nb: { title: 'Ferdig i Altinn', text: 'Gå tilbake til appen for å fortsette.', button: 'Tilbake til appen' },
  nn: { title: 'Ferdig i Altinn', text: 'Gå tilbake til appen for å halde fram.', button: 'Tilbake til appen' },
  en: { title: 'Done in Altinn', text: 'Go back to the app to continue.', button: 'Back to the app' },
};
const languages = ['nb', 'nn', 'no', 'en'] as const;
const languageOf = (preferred: string): keyof typeof words =>
  preferred === 'nn' || preferred === 'en' ? preferred : 'nb';

const unknownState = (): Answer => ({
  status: 404,
  content: page(
    'nb',
    'Denne lenken virker ikke',
    `<h1>Denne lenken virker ikke</h1><p>Den er ufullstendig eller for gammel. Gå tilbake til nettstedet eller appen du kom fra.</p>
<section lang="en"><h2>This link does not work</h2><p>It is incomplete or too old. Go back to the site or app you came from.</p></section>`,
  ),
});

/** Some browsers block a jump into an app that nobody clicked for, so here is something to click. */
const appPage = (language: keyof typeof words, address: string): Answer => {
  const { title, text, button } = words[language];
  return {
    status: 200,
    headers: { vary: 'Accept-Language' },
    content: page(
      language,
      title,
      `<h1>${title}</h1><p>${text}</p><p><a class="button" href="${escapeHtml(address)}">${button}</a></p>`,
    ),
  };
};

/** Of one address, which may be a proxy's with many browsers behind it: 20 a second, and more at once now and then. */
const mostReturns = { most: 100, intervalMs: 5000 };

const tooMany = (): Answer => ({
  status: 429,
  headers: { 'retry-after': String(mostReturns.intervalMs / 1000) },
  content: page(
    'nb',
    'Prøv igjen om litt',
    `<h1>Prøv igjen om litt</h1><p>Det er mange som vil tilbake akkurat nå. Last siden på nytt om noen sekunder.</p>
<section lang="en"><h2>Try again in a moment</h2><p>Many want to go back right now. Reload the page in a few seconds.</p></section>`,
  ),
});

/** Where browsers come back from Altinn. Its own `Status` in the query is not believed: the hub reads the truth itself. */
export const callbackRoutes = (uses: UseCases, returnsOf = limitByKey(mostReturns)): Route[] => [
  route({
    name: 'returnFromAltinn',
    method: 'get',
    path: '/callback/:state',
    audience: 'everybody',
    tag: 'For everybody',
    summary: 'A browser comes back from Altinn',
    hidden: true,
    params: z.strictObject({ state: z.string() }),
    replies: { 200: 'page', 303: 'nothing', 404: 'page', 429: 'page' },
    problems: [],
    handle: async ({ params, prefers, site, address }) => {
      if (returnsOf(networkOf(address))() > 0) return tooMany();
      if (!/^[\w-]{16,128}$/.test(params.state)) return unknownState();
      const back = await uses.returnFromAltinn(params.state);
      // Checked when it was registered; looked at once more, since a browser is about to be sent there.
      const kind = back && redirectKind(back.address, site.production);
      if (back === undefined || kind === undefined) return unknownState();
      if (kind === 'web') return { status: 303, headers: { location: back.address } };
      return appPage(languageOf(prefers('language', languages)), back.address);
    },
  }),
];
