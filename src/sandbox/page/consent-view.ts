import { isPersonUrn, nameOf } from '../altinn3/parties.ts';
import type { Altinn3, Consent, ConsentRight } from '../altinn3/state.ts';
import { microsOf } from '../instants.ts';
import { type Html, html } from './html.ts';
import { type Place, placeFields } from './place.ts';
import { type Language, osloTime, textsIn } from './texts.ts';

const rightView = ({ world }: Altinn3, { resource, metadata }: ConsentRight, language: Language): Html => {
  const known = world.resources.get(resource[0]?.value ?? '');
  const { fields } = textsIn(language);
  return html`<li>
<h3 class="ds-heading" data-size="xs">${known?.title[language] ?? resource[0]?.value}</h3>
${known?.text && html`<p>${known.text[language]}</p>`}
<dl>${Object.entries(metadata ?? {}).map(
    ([key, value]) => html`<dt>${fields[key.toLowerCase()] ?? key}</dt><dd>${value}</dd>`,
  )}</dl>
</li>`;
};

/** The text of this one template is fixed: what the consumer wrote is not shown. */
const messageOf = ({ template, requestMessage }: Consent, language: Language): string | undefined => {
  if (template === 'sblanesoknad' || !requestMessage) return undefined;
  return requestMessage[language] ?? requestMessage.nb ?? Object.values(requestMessage)[0];
};

/** What a person reads before answering, and the two answers, neither of them nearer at hand than the other. */
export const consentView = (altinn: Altinn3, consent: Consent, place: Place, csrf: string): Html => {
  const { world, clock } = altinn;
  const { language } = place;
  const texts = textsIn(language);
  const consumer = nameOf(world, consent.to);
  const message = messageOf(consent, language);
  const hasExpired = consent.validTo <= microsOf(clock.now());
  return html`<article class="ds-card sheet stack" data-variant="default">
<h1 class="ds-heading" data-size="lg">${texts.asks(consumer)}</h1>
${consent.handledBy !== null && html`<p class="ds-paragraph">${texts.handled(nameOf(world, consent.handledBy), consumer)}</p>`}
${!isPersonUrn(consent.from) && html`<p class="ds-paragraph">${texts.onBehalf(nameOf(world, consent.from))}</p>`}
${message !== undefined && html`<section class="stack" aria-labelledby="message"><h2 class="ds-heading" data-size="sm" id="message">${texts.message(consumer)}</h2><blockquote>${message}</blockquote></section>`}
<section class="stack" aria-labelledby="what">
<h2 class="ds-heading" data-size="sm" id="what">${texts.what}</h2>
<ul class="what">${consent.rights.map((right) => rightView(altinn, right, language))}</ul>
</section>
<p class="ds-paragraph">${texts.validTo} <strong>${osloTime(new Date(consent.validTo / 1000), language)}</strong>. ${texts.withdraw}</p>
${hasExpired && html`<div class="ds-alert" data-color="warning" role="status">${texts.expired}</div>`}
<form method="post" action="${place.site.ui}/answer" class="row">
${placeFields(place)}
<input type="hidden" name="csrf" value="${csrf}">
${!hasExpired && html`<button class="ds-button" data-variant="primary" name="answer" value="accept">${texts.accept}</button>`}
<button class="ds-button" data-variant="secondary" name="answer" value="reject">${texts.reject}</button>
</form>
</article>`;
};
