import { expect } from 'vitest';
import { eventTypes } from '../../src/domain/event.ts';
import { eventExamples } from '../../src/http/events/event-examples.ts';
import { eventKinds, eventSchemas } from '../../src/http/events/event-schemas.ts';
import { nationalNumber } from '../support/not-for-logs.ts';
import { httpTest } from './http-test.ts';

type Kind = { type: string; told: string; schema: { properties: { data: object } }; example: object };
type Webhook = { post: { requestBody: { content: { 'application/json': { schema: { $ref: string } } } } } };
type Document = { webhooks: Record<string, Webhook>; components: { schemas: Record<string, object> } };

httpTest('every type of event is on the page, with when it is told, its fields and an example', async ({ open }) => {
  const hub = await open();
  const { status, text, headers } = await hub.call('GET', '/docs/events', { headers: { accept: 'text/html' } });
  expect(status).toBe(200);
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(text).not.toMatch(/<script|style="/);
  for (const type of eventTypes) {
    expect(text).toContain(`<h2 id="${type}">`);
    expect(text).toContain(`href="#${type}"`);
    expect(text).toContain(eventExamples[type].id);
  }
  expect(text).toContain('<code>data.consent.rights[].service</code></td><td>string</td>');
  expect(text).toContain('<code>data.consent.status</code></td><td>&quot;accepted&quot;</td>');
  expect(text).toContain('<code>data.consent.problem.mover</code>');
});

httpTest('programs read the same as JSON', async ({ open }) => {
  const hub = await open();
  const items = (await hub.call('GET', '/docs/events')).body.items as Kind[];
  expect(items.map(({ type }) => type)).toEqual(eventTypes);
  for (const { type, told, schema, example } of items) {
    expect(schema).toMatchObject({ properties: { type: { const: type }, data: { type: 'object' } } });
    expect([told, example]).toEqual([eventKinds[type as 'ping'].told, eventExamples[type as 'ping']]);
  }
});

httpTest('the OpenAPI document has a webhook for each type, with its own shape', async ({ open }) => {
  const hub = await open();
  const { webhooks, components } = JSON.parse((await hub.call('GET', '/openapi.json')).text) as Document;
  expect(Object.keys(webhooks)).toEqual(eventTypes);
  for (const type of eventTypes) {
    const { $ref } = webhooks[type]?.post.requestBody.content['application/json'].schema ?? { $ref: '' };
    expect(components.schemas[$ref.replace('#/components/schemas/', '')]).toMatchObject({
      properties: { type: { const: type } },
    });
  }
});

httpTest.for(eventTypes)('the example of %s fits its schema, to the last field', (type) => {
  const example = eventExamples[type];
  expect(eventSchemas[type].parse(example)).toEqual(example);
  expect(JSON.stringify(example)).not.toMatch(nationalNumber);
  expect(JSON.stringify(example)).not.toMatch(/"from"|tenantId|generation/);
});
