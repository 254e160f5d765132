import type Router from '@koa/router';
import { operatorApiKey } from '../altinn2/first-services.ts';
import { guiHref } from '../altinn2/request-views.ts';
import { viewUri } from '../altinn3/consent-views.ts';
import { type Html, html } from '../page/html.ts';
import { sendPage } from '../page/layout.ts';
import { requestSummary } from './altinn2-routes.ts';
import { consentSummary } from './consent-routes.ts';
import type { Control } from './control.ts';
import { controlCalls } from './control-calls.ts';

const shown = 50;

const table = (heads: string[], rows: Html[][], empty: string): Html =>
  rows.length === 0
    ? html`<p class="ds-paragraph">${empty}</p>`
    : html`<div class="scroll"><table class="ds-table" data-border="true"><thead><tr>${heads.map(
        (head) => html`<th scope="col">${head}</th>`,
      )}</tr></thead><tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;

const section = (title: string, content: Html): Html =>
  html`<section class="ds-card sheet stack" data-variant="default"><h2 class="ds-heading" data-size="sm">${title}</h2>${content}</section>`;

const code = (text: string): Html => html`<code>${text}</code>`;

const consentTable = ({ altinn }: Control): Html => {
  const newest = [...altinn.consents.values()].slice(-shown).reverse().map(consentSummary);
  const rows = newest.map(({ id, to, from, status, created, resources }) => [
    html`<a class="ds-link" href="${viewUri(altinn, id)}"><code>${id}</code></a>`,
    html`${to}`,
    html`${from}`,
    html`<span class="ds-tag" data-color="${status === 'Accepted' ? 'success' : status === 'Created' ? 'info' : 'neutral'}">${status}</span>`,
    html`${resources.join(', ')}`,
    html`${created?.slice(0, 19)}`,
  ]);
  return table(
    ['Consent', 'To', 'From', 'Status', 'Resources', 'Created (UTC)'],
    rows,
    'Nobody has asked for a consent yet.',
  );
};

const requestTable = ({ altinn2 }: Control): Html => {
  const newest = [...altinn2.requests.values()].slice(-shown).reverse().map(requestSummary);
  const rows = newest.map(({ code: id, coveredBy, offeredBy, status, ended, created, services }) => [
    html`<a class="ds-link" href="${guiHref(altinn2, id)}"><code>${id}</code></a>`,
    html`${coveredBy}`,
    html`${offeredBy}`,
    html`${status}${ended && html` (${ended})`}`,
    html`${services.join(', ')}`,
    html`${created.slice(0, 19)}`,
  ]);
  return table(
    ['Code', 'Covered by', 'Offered by', 'Status', 'Services', 'Created (UTC)'],
    rows,
    'Nobody has asked for a consent in Altinn 2 yet.',
  );
};

const organizationTable = ({ altinn }: Control): Html => {
  const { world } = altinn;
  const count = (keys: Iterable<string>, orgno: string): number =>
    [...keys].filter((key) => key.startsWith(orgno)).length;
  const rows = [...world.organizations.values()]
    .slice(-shown)
    .map(({ orgno, name }) => [
      html`${orgno}`,
      html`${name}`,
      html`${count(world.grants, orgno)}`,
      html`${count(world.delegations.keys(), orgno)}`,
      html`${[...world.accessLists.values()].filter((members) => members.has(orgno)).length}`,
    ]);
  return table(['Number', 'Name', 'Granted scopes', 'Delegated scopes', 'Access lists'], rows, 'None.');
};

const clientTable = ({ altinn }: Control): Html => {
  const rows = [...altinn.world.clients.values()]
    .slice(-shown)
    .map(({ clientId, orgno, scopes, keys }) => [
      code(clientId),
      html`${orgno}`,
      html`${[...scopes].join(' ')}`,
      html`${[...keys.keys()].join(', ')}`,
    ]);
  return table(['Client', 'Owner', 'Scopes', 'Keys'], rows, 'No client yet: POST /sandbox/clients makes one.');
};

/** A developer's first look: where things are, what has happened, and what can be done. */
export const overviewRoutes = (router: Router, control: Control): void => {
  const { altinn, altinn2, url } = control;
  router.get('/sandbox', (ctx) => {
    const { world, clock } = altinn;
    const addresses: [string, string][] = [
      ['Maskinporten', `${url}/maskinporten/`],
      ['Altinn 3', `${url}/altinn3/`],
      ['Altinn 2', `${url}/altinn2/`],
      ['API key', operatorApiKey],
      ['Data source', `${url}/data/skatteetaten/inntekt/{person}`],
      ['Where a consumer delegates', `${url}/sandbox/admin`],
      ['Operator', world.operatorOrgno],
      ['Time here', clock.now().toISOString()],
    ];
    const calls = controlCalls.map(({ call, body, does }) => [
      code(call),
      html`${does}${body && html`<br><code>${body}</code>`}`,
    ]);
    sendPage(ctx, 200, {
      language: 'en',
      title: 'Sandbox',
      brand: 'Sandbox',
      notice: 'Nothing here is real',
      footer: 'Pretend Maskinporten, Altinn 2 and 3, resource registry and data source. Nothing is kept when it stops.',
      wide: true,
      main: html`<div class="stack">
<h1 class="ds-heading" data-size="lg">Pretend Maskinporten and Altinn</h1>
${section('Addresses', html`<dl>${addresses.map(([name, value]) => html`<dt>${name}</dt><dd><code>${value}</code></dd>`)}</dl>`)}
${section(`Consents (${altinn.consents.size})`, consentTable(control))}
${section(`Consent requests of Altinn 2 (${altinn2.requests.size})`, requestTable(control))}
${section(`Organisations (${world.organizations.size})`, organizationTable(control))}
${section(`Clients (${world.clients.size})`, clientTable(control))}
${section('Control calls', table(['Call', 'What it does'], calls, ''))}
</div>`,
    });
  });
};
