import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import { type Soon, soon } from '../lib/soon.ts';
import { checked } from './faults.ts';
import { formIn, jsonIn, readBody, readForm } from './read-body.ts';
import type { Route } from './route.ts';

type Body = z.ZodType;

/** Of each route whose bodies repeat: so many, each no longer than this. */
const most = 1000;
const mostCharacters = 1000;
const readBefore = new WeakMap<Body, LRUCache<string, object>>();

const remembered = (schema: Body, text: string, read: () => unknown): unknown => {
  const known = readBefore.get(schema) ?? new LRUCache<string, object>({ max: most });
  readBefore.set(schema, known);
  const before = known.get(text);
  if (before) return before;
  const body = read();
  // Frozen, since it is handed out again.
  if (typeof body === 'object' && body !== null && text.length <= mostCharacters) known.set(text, Object.freeze(body));
  return body;
};

/**
 * A request's body as its route wants it.
 *
 * @throws Problem as `readBody`, `jsonIn` and `checked`
 */
export const bodyOf = (route: Route, request: IncomingMessage): Soon<unknown> => {
  const { body: schema, bodyOptional = false, bodyRepeats = false } = route;
  if (!schema) return undefined;
  if (route.oauth) return soon(readForm(request), (text) => checked(schema, formIn(text), 'query'));
  return soon(readBody(request, bodyOptional), (text) => {
    const read = () => checked(schema, jsonIn(text, bodyOptional), 'body');
    return bodyRepeats ? remembered(schema, text, read) : read();
  });
};
