import { maskPerson } from '../../lib/mask.ts';
import type { Person } from '../world.ts';
import { type Html, html } from './html.ts';
import { hrefOf, type Place, placeFields } from './place.ts';
import { type Language, textsIn } from './texts.ts';

/** A language switch, and who is signed in. */
export const navigationView = (place: Place, person: Person | undefined): Html => {
  const texts = textsIn(place.language);
  const other: Language = place.language === 'en' ? 'nb' : 'en';
  return html`<div class="side">
${person && html`<span>${texts.signedInAs} ${person.name}</span>`}
<nav aria-label="${texts.languageLabel}"><a class="ds-link" lang="${other}" hreflang="${other}" href="${hrefOf({ ...place, language: other })}">${texts.otherLanguage}</a></nav>
</div>`;
};

/** Nobody is chosen beforehand: whoever tests shall say as whom. */
export const signInView = (place: Place, persons: Iterable<Person>): Html => {
  const texts = textsIn(place.language);
  return html`<div class="ds-card sheet stack" data-variant="default">
<h1 class="ds-heading" data-size="lg">${texts.signInTitle}</h1>
<p class="ds-paragraph">${texts.signInLead}</p>
<form method="post" action="${place.site.ui}/sign-in" class="stack">
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
  html`<form method="post" action="${place.site.ui}/sign-out">${placeFields(place)}<button class="ds-button" data-variant="secondary">${texts.otherPerson}</button></form>`
}
</div>`;
};
