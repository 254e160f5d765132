import { maskPerson } from '../../lib/mask.ts';
import type { Person } from '../world.ts';
import { type Html, html } from './html.ts';
import { type Language, textsIn } from './texts.ts';

export type Place = { id: string; language: Language; skipLogout: boolean };

const requestPath = '/altinn3/accessmanagement/ui/consent/request';

/** The page of a request, in a language. */
export const requestHref = ({ id, language, skipLogout }: Place): string => {
  const query = new URLSearchParams({
    id,
    ...(language === 'en' && { lang: 'en' }),
    ...(skipLogout && { skiplogout: 'true' }),
  });
  return `${requestPath}?${query}`;
};

const placeFields = ({ id, language, skipLogout }: Place): Html => html`<input type="hidden" name="id" value="${id}">
<input type="hidden" name="lang" value="${language}">
${skipLogout && html`<input type="hidden" name="skiplogout" value="true">`}`;

/** A language switch, and who is signed in. */
export const navigationView = (place: Place, person: Person | undefined): Html => {
  const texts = textsIn(place.language);
  const other: Language = place.language === 'en' ? 'nb' : 'en';
  return html`<div class="side">
${person && html`<span>${texts.signedInAs} ${person.name}</span>`}
<nav aria-label="${texts.languageLabel}"><a class="ds-link" lang="${other}" hreflang="${other}" href="${requestHref({ ...place, language: other })}">${texts.otherLanguage}</a></nav>
</div>`;
};

/** Nobody is chosen beforehand: whoever tests shall say as whom. */
export const signInView = (place: Place, persons: Iterable<Person>): Html => {
  const texts = textsIn(place.language);
  return html`<div class="ds-card sheet stack" data-variant="default">
<h1 class="ds-heading" data-size="lg">${texts.signInTitle}</h1>
<p class="ds-paragraph">${texts.signInLead}</p>
<form method="post" action="/altinn3/accessmanagement/ui/consent/sign-in" class="stack">
${placeFields(place)}
<fieldset class="ds-fieldset choices">
<legend class="ds-label" data-weight="medium">${texts.signInChoice}</legend>
${[...persons].map(
  ({ partyUuid, id, name }) => html`<div class="ds-field">
<input class="ds-input" type="radio" name="person" value="${partyUuid}" id="p-${partyUuid}" required>
<label class="ds-label" data-weight="regular" for="p-${partyUuid}">${name} (${maskPerson(id)})</label>
</div>`,
)}
</fieldset>
<div class="row"><button class="ds-button" data-variant="primary">${texts.signIn}</button></div>
</form>
</div>`;
};

type Notice = {
  heading: string;
  text: string;
  code?: string | undefined;
  back?: { href: string; label: string } | undefined;
};

/** One thing said, and where to go from there. */
export const noticeView = (
  place: Place,
  color: 'info' | 'success' | 'danger',
  notice: Notice,
  signOut = false,
): Html => {
  const texts = textsIn(place.language);
  const { heading, text, code, back } = notice;
  return html`<div class="stack">
<section class="ds-alert stack" data-color="${color}">
<h1 class="ds-heading" data-size="sm">${heading}</h1>
<p class="ds-paragraph">${text}</p>
${code && html`<p class="ds-paragraph">${texts.errorCode}: <code>${code}</code></p>`}
${back && html`<p class="ds-paragraph"><a class="ds-link" href="${back.href}">${back.label}</a></p>`}
</section>
${
  signOut &&
  html`<form method="post" action="/altinn3/accessmanagement/ui/consent/sign-out">${placeFields(place)}<button class="ds-button" data-variant="secondary">${texts.otherPerson}</button></form>`
}
</div>`;
};
