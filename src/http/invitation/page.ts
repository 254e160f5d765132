import { type InvitationPage, type InvitedService, type Language, languages } from '../../domain/invitation.ts';
import { html, type Markup, paragraphs } from '../everybody/markup.ts';
import type { Answer } from '../route.ts';
import { pageAnswer } from './layout.ts';
import { capital, delegationsOf, namesFor, operatorName, serviceName, standingOf, toldStep } from './told.ts';
import { en } from './words/en.ts';
import { nb } from './words/nb.ts';
import { nn } from './words/nn.ts';
import type { Words } from './words/words.ts';

const wordsIn: Record<Language, Words> = { nb, nn, en };
const localeOf: Record<Language, string> = { nb: 'nb-NO', nn: 'nn-NO', en: 'en-GB' };

/** As clocks in Norway show it. */
const timesIn = (language: Language) => {
  const shown = (how: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(localeOf[language], { timeZone: 'Europe/Oslo', ...how });
    return (at: Date) => format.format(at);
  };
  return {
    day: shown({ dateStyle: 'long' }),
    moment: shown({ dateStyle: 'long', timeStyle: 'short' }),
    clock: shown({ timeStyle: 'medium' }),
  };
};

const scopesView = (scopes: readonly string[]): Markup =>
  html`${scopes.map((scope, index) => html`${index > 0 && ' '}<code>${scope}</code>`)}`;

type Shown = { page: InvitationPage; secret: string; words: Words; language: Language };

const standingView = ({ page, secret, words, language }: Shown): Markup => {
  const { clock, moment } = timesIn(language);
  return html`<section aria-labelledby="standing"><h2 id="standing">${words.standing}</h2>
${standingOf(page, words).map((text) => html`<p><strong>${text}</strong></p>`)}
${
  page.nextCheckAt
    ? html`<p class="screen" role="status">${words.checkAgainAt(clock(page.nextCheckAt))}</p>`
    : page.services.length > 0 &&
      html`<form method="post" action="/invitation/${secret}/check?lang=${language}"><p><button class="button">${words.check}</button></p></form>`
}
<p class="dim">${words.asOf(moment(page.now))} <span class="screen">${words.checkNote} ${words.print}</span></p>
</section>`;
};

const delegatingView = ({ page, words }: Shown): Markup | false => {
  const wanted = delegationsOf(page, words);
  if (wanted.length === 0) return false;
  const names = namesFor(page, words, '');
  const { delegating } = words;
  const orgnos = { operatorOrgno: page.operator.orgno, tenantOrgno: page.tenant.orgno };
  return html`<section aria-labelledby="delegating"><h2 id="delegating">${delegating.heading}</h2>
<p>${delegating.lead(names)}</p>
<ul class="what" aria-label="${delegating.what}">${wanted.map(
    ({ name, scopes, state }) =>
      html`<li>${name} <span class="dim">(${words.scope.toLocaleLowerCase('nb')} ${scopesView(scopes)}, ${delegating[state]})</span></li>`,
  )}</ul>
<ol class="how">${delegating.how({ ...names, ...orgnos }).map((text) => html`<li>${text}</li>`)}</ol>
<p><a class="button" href="${page.delegateLink}" rel="noreferrer">${delegating.open}</a></p>
<p class="dim">${delegating.who(names)} ${delegating.undo(names)}</p>
</section>`;
};

const serviceView = ({ page, words, language }: Shown, service: InvitedService): Markup => {
  const { day, moment } = timesIn(language);
  return html`<article><h3>${serviceName(words, service)}</h3>
<p class="dim"><code>${service.service}</code>: ${service.ready ? words.serviceReady : words.serviceWaits}</p>
<ol class="steps">${service.steps.map((step) => {
    const told = toldStep(page, words, service, step);
    const when = [
      words.since(day(step.since)),
      ...(step.checkedAt ? [words.checkedAt(moment(step.checkedAt))] : []),
      told.known,
    ];
    return html`<li><span class="state ${told.mark}">${told.state}</span>
<div><h4>${told.title}</h4>${told.because && html`<p>${told.because}</p>`}<p>${told.why}</p>
${told.whose && html`<p>${words.whose}: <strong>${told.whose}</strong></p>`}
<p class="dim">${step.scopes.length > 0 && html`${words.scope}: ${scopesView(step.scopes)}. `}${step.state !== 'unknown' && capital(`${when.join(', ')}.`)}</p></div></li>`;
  })}</ol></article>`;
};

/** The page behind an invitation: what is asked for and why, what to do where, and how each step stands. */
export const invitationPage = (page: InvitationPage, secret: string, language: Language): Answer => {
  const words = wordsIn[language];
  const shown = { page, secret, words, language };
  const names = namesFor(page, words, '');
  const own = page.texts[language] ?? {};
  const heading = own.heading ?? words.heading(names);
  const { moment } = timesIn(language);
  const name = operatorName(page, words);
  const switches = languages.map((one) => {
    const current = one === language && html` aria-current="true"`;
    return html`<li><a href="?lang=${one}" lang="${one}" hreflang="${one}"${current}>${wordsIn[one].name}</a></li>`;
  });
  return pageAnswer(
    200,
    {
      lang: language,
      title: `${heading} – ${name}`,
      header: html`<div><strong>${capital(name)}</strong>${page.operator.name !== undefined && html` <span class="dim">${words.orgno(page.operator.orgno)}</span>`}</div>
<nav aria-label="${words.languageLabel}"><ul>${switches}</ul></nav>`,
      main: html`<h1>${heading}</h1>
${own.intro === undefined ? words.intro.map((text) => html`<p>${text(names)}</p>`) : paragraphs(own.intro)}
${standingView(shown)}
${delegatingView(shown)}
${page.services.length > 0 && html`<section aria-labelledby="steps"><h2 id="steps">${words.byServices}</h2>${page.services.map((one) => serviceView(shown, one))}</section>`}
${own.closing !== undefined && paragraphs(own.closing)}`,
      footer: html`<p>${words.until(moment(page.expiresAt))} ${words.private}</p>`,
    },
    { vary: 'Accept-Language' },
  );
};
