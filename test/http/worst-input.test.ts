import { expect, test } from 'vitest';
import { z } from 'zod';
import { dataPathFault, dataPatternOf, matches, segmentsOf } from '../../src/domain/data-path.ts';
import { redirectKind } from '../../src/domain/redirect.ts';
import { dataUrlFault } from '../../src/domain/service.ts';
import { checked } from '../../src/http/faults.ts';
import {
  InstantIn,
  Line,
  Message,
  Metadata,
  RedirectUrl,
  Scope,
  ServiceKey,
  WebhookUrl,
} from '../../src/http/fields.ts';
import { idempotencyKeyOf } from '../../src/http/idempotency-key.ts';
import { pageAsk } from '../../src/http/paging.ts';
import { waitOf } from '../../src/http/prefer.ts';
import { isJson } from '../../src/http/read-body.ts';
import { refuseUnstorable } from '../../src/http/unstorable.ts';
import { holdsNationalId, namesPerson, scrub } from '../../src/lib/mask.ts';

const most = 64 * 1024;
const long = (part: string, length: number) => part.repeat(Math.ceil(length / part.length)).slice(0, length);
const inBody = (schema: z.ZodType, body: unknown) => {
  try {
    checked(schema, body, 'body');
  } catch {
    // Refusing is an answer too.
  }
};
const quietly = (work: () => unknown) => () => {
  try {
    work();
  } catch {
    // Likewise.
  }
};

/** Texts in which a pattern finds beginnings everywhere and an end nowhere. */
const spiteful = [
  'eyJ',
  'eyJaaaaaaaa',
  'eyJaaaaaaaa.',
  'eyJ.',
  '1',
  '123456 ',
  '123456-1234',
  '00000000-',
  '%',
  '%3',
  '%31',
  '"',
  '",',
  '\\"',
  ' ',
  ';',
  'a.',
  '.',
  '\u00a0',
];
/** As many ways to match as a pattern may have. */
const wide = dataPatternOf('GET /a{a}.{b}!') ?? { method: 'GET' as const, segments: [] };
const texts: [string, (text: string) => unknown][] = [
  ['scrubbing', scrub],
  ['looking for a number', holdsNationalId],
  ['looking for a person', namesPerson],
  ['a redirect address', (text) => quietly(() => redirectKind(`a.${text}:x`, false))()],
  ['a data address', (text) => quietly(() => dataUrlFault(`https://${text}`, true))()],
  ['a path for data', (text) => quietly(() => segmentsOf(text))()],
  ['a path for data that is let out', (text) => matches(wide, 'GET', [`a${text.slice(0, 2000)}`])],
  ['a pattern of such paths', (text) => dataPathFault(`GET /{a}${text}`)],
  ['a content type', (text) => isJson(`application/json${text}!`)],
  ['a preference', (text) => waitOf(`${text}=`)],
  ['an idempotency key', (text) => quietly(() => idempotencyKeyOf(text))()],
  ['a structured idempotency key', (text) => quietly(() => idempotencyKeyOf(`"${text}`))()],
  ['a cursor', (text) => quietly(() => pageAsk({ cursor: text, limit: 1 }))()],
  ['a line', (text) => inBody(Line(100), text)],
  ['a message', (text) => inBody(Message, { nb: text })],
  ['metadata', (text) => inBody(Metadata, { [text]: text })],
  ['an address to return to', (text) => inBody(RedirectUrl, `https://x/${text}`)],
  ['an address for webhooks', (text) => inBody(WebhookUrl, `https://x/${text}`)],
  ['a scope', (text) => inBody(Scope, text)],
  ['a service', (text) => inBody(ServiceKey, text)],
  ['an instant', (text) => inBody(InstantIn, text)],
  ['the name of an unknown field', (text) => inBody(z.strictObject({}), { [text]: 1 })],
];
const cases = texts.flatMap(([what, work]) =>
  spiteful.map((part): [string, string, (length: number) => () => unknown] => [
    what,
    JSON.stringify(part),
    (length) => {
      const text = long(part, length);
      return () => work(text);
    },
  ]),
);

const nested = (length: number): unknown => JSON.parse(`${'['.repeat(length / 2)}${']'.repeat(length / 2)}`);
const shapes: [string, string, (length: number) => () => unknown][] = [
  [
    'a body',
    'brackets',
    (length) => {
      const body = nested(length);
      return () => refuseUnstorable(body);
    },
  ],
  [
    'a body',
    'unknown fields',
    (length) => {
      const body = Object.fromEntries(Array.from({ length: length / 8 }, (_, place) => [`f${place}`, 1]));
      return () => inBody(z.strictObject({}), body);
    },
  ],
];

/** What this thread worked: whatever else the machine does meanwhile does not count. */
const workedMs = (work: () => unknown): number => {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
};
const leastMs = (work: () => unknown): number => Math.min(...[1, 2, 3].map(() => workedMs(work)));

/** Four times the text would be sixteen times the work. Below this a machine's whims weigh more, and nobody is held up. */
const slackMs = 100;

test.each([...cases, ...shapes])('%s takes no longer than it must, over and over %s', (_, __, of) => {
  const quarter = leastMs(of(most / 4));
  expect(leastMs(of(most))).toBeLessThan(8 * quarter + slackMs);
});
