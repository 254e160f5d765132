import { z } from 'zod';
import type { EventType } from '../../domain/event.ts';
import { eventSchemas } from './event-schemas.ts';

/** As much of JSON Schema as our events need. */
export type JsonSchema = {
  type?: string | string[];
  const?: string;
  enum?: string[];
  anyOf?: JsonSchema[];
  format?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema;
  items?: JsonSchema;
};

/** What a schema points to, put where it points from. */
const whole = (node: unknown, parts: Record<string, object>): unknown => {
  if (Array.isArray(node)) return node.map((one) => whole(one, parts));
  if (typeof node !== 'object' || node === null) return node;
  const { $ref, ...own } = node as { $ref?: string };
  const all = $ref === undefined ? own : { ...parts[$ref.replace('#/$defs/', '')], ...own };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, whole(value, parts)]));
};

/** In one piece. Told as what is read, not as what is written: more fields may come. */
export const jsonSchemaOf = (type: EventType): JsonSchema => {
  const { $defs = {}, $schema: _, ...root } = z.toJSONSchema(eventSchemas[type], { io: 'input' });
  return whole(root, $defs as Record<string, object>) as JsonSchema;
};

export type Field = { name: string; shape: string; meaning: string };

/** In words: `"accepted"`, `date-time`, `string or null` … */
const shapeOf = ({ const: only, enum: some, anyOf, format, type, items, additionalProperties }: JsonSchema): string => {
  if (only !== undefined) return `"${only}"`;
  if (some) return some.map((one) => `"${one}"`).join(' or ');
  if (anyOf) return anyOf.map(shapeOf).join(' or ');
  if (items) return `list of ${shapeOf(items)}`;
  if (additionalProperties) return `names, each with a ${shapeOf(additionalProperties)}`;
  const named = [type ?? 'anything'].flat().join(' or ');
  return format === undefined ? named : named.replace('string', format);
};

/** Each field by its whole name; those inside it follow it. */
export const fieldsOf = (schema: JsonSchema, before = ''): Field[] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const name = `${before}${key}`;
    const optional = schema.required?.includes(key) ? '' : ', or left out';
    const inner = field.anyOf?.find(({ properties }) => properties) ?? field;
    const inside = inner.items ? fieldsOf(inner.items, `${name}[].`) : fieldsOf(inner, `${name}.`);
    return [{ name, shape: `${shapeOf(field)}${optional}`, meaning: field.description ?? '' }, ...inside];
  });
