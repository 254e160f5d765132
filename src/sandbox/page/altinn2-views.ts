import { isInForce, mayAnswer } from '../altinn2/answer-request.ts';
import type { Altinn2, ConsentRequest, RequestedService } from '../altinn2/state.ts';
import { serviceName, type World } from '../world.ts';
import { altinn2TextsIn } from './altinn2-texts.ts';
import { type Html, html } from './html.ts';
import { hrefOf, type Place, placeFields } from './place.ts';
import { type Language, osloTime, textsIn } from './texts.ts';

export const partyName = ({ persons, organizations }: World, number: string): string =>
  persons.get(number)?.name ?? organizations.get(number)?.name ?? 'Ukjent';

const titleOf = ({ services }: World, service: RequestedService, language: Language): string => {
  const name = serviceName(service);
  return services.get(name)?.title[language] ?? name;
};

const serviceView = (world: World, service: RequestedService, language: Language): Html => {
  const { fields } = textsIn(language);
  return html`<li>
<h3 class="ds-heading" data-size="xs">${titleOf(world, service, language)}</h3>
<dl>${Object.entries(service.metadata).map(
    ([key, value]) => html`<dt>${fields[key.toLowerCase()] ?? key}</dt><dd>${value}</dd>`,
  )}</dl>
</li>`;
};

const messageIn = ({ message }: ConsentRequest, language: Language): string | undefined =>
  message?.[language === 'en' ? 'en' : 'no-nb'] ?? Object.values(message ?? {})[0];

const form = (place: Place, action: string, csrf: string, buttons: Html): Html =>
  html`<form method="post" action="${place.site.ui}/${action}" class="row">
${placeFields(place)}
<input type="hidden" name="csrf" value="${csrf}">
${buttons}
</form>`;

/** What a person reads before answering; he may also go without an answer. */
export const requestPage = ({ world, clock }: Altinn2, request: ConsentRequest, place: Place, csrf: string): Html => {
  const { language } = place;
  const texts = textsIn(language);
  const own = altinn2TextsIn(language);
  const consumer = partyName(world, request.coveredBy);
  const message = messageIn(request, language);
  const hasExpired = request.validTo <= clock.now();
  return html`<article class="ds-card sheet stack" data-variant="default">
<h1 class="ds-heading" data-size="lg">${texts.asks(consumer)}</h1>
${request.handledBy !== null && html`<p class="ds-paragraph">${texts.handled(partyName(world, request.handledBy), consumer)}</p>`}
${request.offeredBy.length === 9 && html`<p class="ds-paragraph">${texts.onBehalf(partyName(world, request.offeredBy))}</p>`}
${message !== undefined && html`<section class="stack" aria-labelledby="message"><h2 class="ds-heading" data-size="sm" id="message">${texts.message(consumer)}</h2><blockquote>${message}</blockquote></section>`}
<section class="stack" aria-labelledby="what">
<h2 class="ds-heading" data-size="sm" id="what">${texts.what}</h2>
<ul class="what">${request.services.map((service) => serviceView(world, service, language))}</ul>
</section>
<p class="ds-paragraph">${texts.validTo} <strong>${osloTime(request.validTo, language)}</strong>. ${texts.withdraw}</p>
${hasExpired && html`<div class="ds-alert" data-color="warning" role="status">${own.expired}</div>`}
${form(
  place,
  'answer',
  csrf,
  html`${!hasExpired && html`<button class="ds-button" data-variant="primary" name="answer" value="accept">${texts.accept}</button>`}
<button class="ds-button" data-variant="secondary" name="answer" value="reject">${texts.reject}</button>
<button class="ds-button" data-variant="tertiary" name="answer" value="close">${own.close}</button>`,
)}
</article>`;
};

const listOf = (items: Html[], nothing: string): Html =>
  items.length > 0 ? html`<ul class="what">${items}</ul>` : html`<p class="ds-paragraph">${nothing}</p>`;

/** What the portal lists for a person: requests that are meant to be shown there, and consents to take back. */
export const portalPage = (altinn: Altinn2, person: string, place: Place, csrf: string): Html => {
  const { world, requests } = altinn;
  const { language } = place;
  const own = altinn2TextsIn(language);
  const theirs = [...requests.values()].filter((request) => mayAnswer(altinn, request, person));
  const pending = theirs
    .filter(({ status, portalViewMode }) => portalViewMode === 'Show' && ['Unopened', 'Opened'].includes(status))
    .map(({ code, coveredBy }) => {
      const href = hrefOf({ ...place, id: code, fromPortal: true });
      return html`<li><a class="ds-link" href="${href}">${own.read(partyName(world, coveredBy))}</a></li>`;
    });
  const given = theirs
    .filter((request) => isInForce(altinn, request))
    .map(
      (request) => html`<li>
<h3 class="ds-heading" data-size="xs">${partyName(world, request.coveredBy)}</h3>
<p>${request.services.map((service) => titleOf(world, service, language)).join(', ')}</p>
${form(
  { ...place, id: request.code },
  'revoke',
  csrf,
  html`<button class="ds-button" data-variant="secondary">${own.revoke}</button>`,
)}
</li>`,
    );
  return html`<div class="ds-card sheet stack" data-variant="default">
<h1 class="ds-heading" data-size="lg">${own.portalTitle}</h1>
<section class="stack"><h2 class="ds-heading" data-size="sm">${own.pending}</h2>${listOf(pending, own.nothing)}</section>
<section class="stack"><h2 class="ds-heading" data-size="sm">${own.given}</h2>${listOf(given, own.nothing)}</section>
</div>`;
};
