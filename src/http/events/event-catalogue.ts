import { z } from 'zod';
import { type EventType, eventTypes } from '../../domain/event.ts';
import { escapeHtml, page, proseHtml } from '../everybody/html.ts';
import { type Content, type Route, route } from '../route.ts';
import { eventExamples } from './event-examples.ts';
import { eventKinds } from './event-schemas.ts';
import { type Field, fieldsOf, jsonSchemaOf } from './json-schema.ts';

const row = ({ name, shape, meaning }: Field): string =>
  `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(shape)}</td><td>${proseHtml(meaning)}</td></tr>`;

const section = (type: EventType): string => `<h2 id="${type}"><code>${type}</code></h2>
<p>${proseHtml(eventKinds[type].told)}</p>
<details><summary>Fields</summary><table><thead><tr><th scope="col">Field</th><th scope="col">Shape</th><th scope="col">Meaning</th></tr></thead>
<tbody>${fieldsOf(jsonSchemaOf(type)).map(row).join('\n')}</tbody></table></details>
<pre tabindex="0">${escapeHtml(JSON.stringify(eventExamples[type], undefined, 2))}</pre>`;

const catalogue = (): Content =>
  page(
    'en',
    'Events',
    `<h1>Events</h1>
<p>What this hub tells, in the same words by webhook, by <code>GET /v1/events</code> and by its stream. <code>sequence</code> has no
holes and only grows; <code>data.consent.version</code> likewise within a consent. Fields may be added: do not stumble over what you do not know.</p>
<p>A webhook is signed as <a href="https://www.standardwebhooks.com/">Standard Webhooks</a> says. It may come twice, always with the
same <code>webhook-id</code>, which is the event’s <code>id</code>. The header <code>hub-replay: true</code> marks what you asked to have sent again.</p>
<ul>${eventTypes.map((type) => `<li><a href="#${type}">${type}</a></li>`).join('\n')}</ul>
${eventTypes.map(section).join('\n')}
<p><a href="/docs">API documentation</a> · <a href="/problems">Problems</a></p>`,
  );

const EventKind = z
  .object({
    type: z.enum(eventTypes),
    told: z.string().meta({ description: 'When it is told.' }),
    schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the whole event.' }),
    example: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'EventKind' });

/** Made once, when somebody first asks: nothing in it changes while a process lives. */
let made: { content: Content; body: object } | undefined;
const make = () => ({
  content: catalogue(),
  body: {
    items: eventTypes.map((type) => ({
      type,
      told: eventKinds[type].told,
      schema: jsonSchemaOf(type),
      example: eventExamples[type],
    })),
  },
});

/** `/docs/events`: every type of event, for people and for programs. */
export const eventCatalogueRoutes = (): Route[] => [
  route({
    name: 'listEventKinds',
    method: 'get',
    path: '/docs/events',
    audience: 'everybody',
    tag: 'For everybody',
    summary: 'All types of events, with their shapes and an example each',
    replies: { 200: z.object({ items: z.array(EventKind) }) },
    problems: [],
    handle: async ({ prefers }) => {
      made ??= make();
      const headers = { vary: 'Accept' };
      return prefers('type', ['application/json', 'text/html']) === 'text/html'
        ? { status: 200, headers, content: made.content }
        : { status: 200, headers, body: made.body };
    },
  }),
];
