import { delegationKey, type Resource, type World } from '../world.ts';
import { administratorTextsIn, type Refusal } from './administrator-texts.ts';
import { type Html, html } from './html.ts';
import type { Session } from './sessions.ts';
import { type Language, osloTime, textsIn } from './texts.ts';

/** Where the real one lies on its host, and which part of it suppliers are on. */
export const administratorUi = '/altinn3/accessmanagement/ui/maskinporten';
export const suppliersPage = `${administratorUi}#suppliers`;

const hidden = (name: string, value: string): Html => html`<input type="hidden" name="${name}" value="${value}">`;

/** What can be delegated: resources that stand for scopes of Maskinporten. */
export const delegable = ({ resources }: World): Resource[] =>
  [...resources.values()].filter(({ type, scopes }) => type === 'MaskinportenSchema' && scopes.length > 0);

export const resourceTitle = ({ title }: Resource, language: Language): string => title[language];

export const organizationName = ({ organizations }: World, orgno: string): string =>
  organizations.get(orgno)?.name ?? orgno;

export const navigation = (world: World, language: Language, session: Session | undefined): Html => {
  const texts = administratorTextsIn(language);
  const { languageLabel, otherLanguage } = textsIn(language);
  const other: Language = language === 'en' ? 'nb' : 'en';
  return html`<div class="side">
${session && html`<span>${texts.actsFor} ${organizationName(world, session.who)} (${session.who})</span>`}
<nav aria-label="${languageLabel}"><a class="ds-link" lang="${other}" hreflang="${other}" href="${administratorUi}?lang=${other}">${otherLanguage}</a></nav>
</div>`;
};

export const chooseView = ({ organizations }: World, language: Language): Html => {
  const texts = administratorTextsIn(language);
  return html`<div class="ds-card sheet stack" data-variant="default">
<h1 class="ds-heading" data-size="lg">${texts.signInTitle}</h1>
<p class="ds-paragraph">${texts.signInLead}</p>
<form method="post" action="${administratorUi}/sign-in" class="stack">
${hidden('lang', language)}
<div class="ds-field">
<label class="ds-label" data-weight="medium" for="organization">${texts.organization}</label>
<select class="ds-input" id="organization" name="organization" required>
<option value=""></option>
${[...organizations.values()].map(({ orgno, name }) => html`<option value="${orgno}">${name} (${orgno})</option>`)}
</select>
</div>
<div class="row"><button class="ds-button" data-variant="primary">${texts.signIn}</button></div>
</form>
</div>`;
};

/** Who may use it on this organisation's behalf, and since when; a control call may have delegated a part of it. */
const suppliersOf = ({ delegations, organizations }: World, consumer: string, { scopes }: Resource) =>
  [...organizations.keys()].flatMap((supplier) => {
    const since = scopes
      .map((scope) => delegations.get(delegationKey(consumer, supplier, scope)))
      .filter((at) => at !== undefined);
    const [first] = since.toSorted((a, b) => a.getTime() - b.getTime());
    return first ? [{ supplier, since: first, whole: since.length === scopes.length }] : [];
  });

const resourceView = (world: World, language: Language, { who, csrf }: Session, resource: Resource): Html => {
  const texts = administratorTextsIn(language);
  const { identifier, owner, scopes } = resource;
  const title = resourceTitle(resource, language);
  const carried = html`${hidden('lang', language)}${hidden('csrf', csrf)}${hidden('resource', identifier)}`;
  const suppliers = suppliersOf(world, who, resource).map(({ supplier, since, whole }) => {
    const name = organizationName(world, supplier);
    return html`<li><form method="post" action="${administratorUi}/withdraw" class="row">
<span>${name} (${supplier}), ${texts.since(osloTime(since, language))}${!whole && html`, ${texts.partly}`}</span>
${carried}${hidden('supplier', supplier)}
<button class="ds-button" data-variant="secondary" aria-label="${texts.withdrawFrom(name, title)}">${texts.withdraw}</button>
</form></li>`;
  });
  return html`<section class="ds-card sheet stack" data-variant="default" aria-labelledby="r-${identifier}">
<h2 class="ds-heading" data-size="sm" id="r-${identifier}">${title}</h2>
<dl><dt>${texts.owner}</dt><dd>${organizationName(world, owner.orgno)}</dd>
<dt>${texts.scopes}</dt><dd>${scopes.map((scope) => html`<code>${scope}</code> `)}</dd></dl>
<h3 class="ds-heading" data-size="xs">${texts.delegatedTo}</h3>
${suppliers.length > 0 ? html`<ul class="what">${suppliers}</ul>` : html`<p class="ds-paragraph">${texts.toNobody}</p>`}
<form method="post" action="${administratorUi}/delegate" class="stack">
${carried}
<div class="ds-field">
<label class="ds-label" data-weight="medium" for="s-${identifier}">${texts.supplier}</label>
<input class="ds-input" id="s-${identifier}" name="supplier" value="${world.operatorOrgno}" inputmode="numeric" autocomplete="off" required>
</div>
<div class="row"><button class="ds-button" data-variant="primary" aria-label="${texts.delegate(title)}">${texts.delegateShort}</button></div>
</form>
</section>`;
};

/** What the organisation can delegate, and to whom it has; `said`: what became of the last form. */
export const suppliersView = (world: World, language: Language, session: Session, said?: string): Html => {
  const texts = administratorTextsIn(language);
  return html`<div class="stack" id="suppliers">
<h1 class="ds-heading" data-size="lg">${texts.title}</h1>
<p class="ds-paragraph">${texts.lead}</p>
${said !== undefined && html`<div class="ds-alert" data-color="success" role="status">${said}</div>`}
${delegable(world).map((resource) => resourceView(world, language, session, resource))}
<form method="post" action="${administratorUi}/sign-out">${hidden('lang', language)}<button class="ds-button" data-variant="tertiary">${texts.signOut}</button></form>
</div>`;
};

export const refusedView = (language: Language, refusal: Refusal): Html => {
  const texts = administratorTextsIn(language);
  return html`<section class="ds-alert stack" data-color="danger">
<h1 class="ds-heading" data-size="sm">${texts.refusedTitle}</h1>
<p class="ds-paragraph">${texts.refusals[refusal]}</p>
${refusal.startsWith('AM-') && html`<p class="ds-paragraph">${textsIn(language).errorCode}: <code>${refusal}</code></p>`}
<p class="ds-paragraph"><a class="ds-link" href="${administratorUi}?lang=${language}#suppliers">${texts.back}</a></p>
</section>`;
};
