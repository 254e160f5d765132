import { z } from 'zod';
import { isRecord, parseJson } from '../exchange.ts';
import { parseInstant } from '../instants.ts';
import { parseParty } from './parties.ts';

const guid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i);
const party = z.string().refine((urn) => parseParty(urn) !== undefined, 'Not a party URN with valid check digits');
const instant = z.string().transform((text, context) => {
  const micros = parseInstant(text);
  if (micros === undefined) context.addIssue('Not a date-time with offset');
  return micros ?? 0;
});
const viewMode = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['hide', 'show']))
  .transform((mode) => (mode === 'show' ? 'Show' : 'Hide'));

/** Names in lower case: the server reads property names without regard to case, so `metaData` works. */
const Body = z.object({
  id: guid.transform((id) => id.toLowerCase()),
  from: party,
  to: party,
  requireddelegator: party.nullish(),
  validto: instant,
  consentrights: z.array(
    z.object({
      action: z.array(z.string()),
      resource: z.array(z.object({ type: z.string(), value: z.string() })),
      metadata: z.record(z.string(), z.string().nullable()).nullish(),
    }),
  ),
  requestmessage: z.record(z.string(), z.string()).nullish(),
  redirecturl: z.string(),
  portalviewmode: viewMode.nullish(),
});

export type CreateBody = z.infer<typeof Body>;

const lowerNames = (value: unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]))
    : value;

const eachOf = (value: unknown, change: (item: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map(change) : value;

/** Names of properties only: the keys of `metadata` and `requestMessage` are data. */
const withLowerNames = (body: unknown): unknown => {
  const top = lowerNames(body);
  if (!isRecord(top)) return top;
  return {
    ...top,
    consentrights: eachOf(top.consentrights, (right) => {
      const lowered = lowerNames(right);
      return isRecord(lowered) ? { ...lowered, resource: eachOf(lowered.resource, lowerNames) } : lowered;
    }),
  };
};

/** Reads a create's body, or says per path what is wrong with it, as ASP.NET's model binding would. */
export const bindCreate = (text: string): { body: CreateBody } | { errors: Record<string, string[]> } => {
  const read = Body.safeParse(withLowerNames(parseJson(text)));
  if (read.success) return { body: read.data };
  const errors: Record<string, string[]> = {};
  for (const { path, message } of read.error.issues) {
    const name = path.reduce<string>(
      (at, part) => at + (typeof part === 'number' ? `[${part}]` : `.${String(part)}`),
      '$',
    );
    errors[name] = [...(errors[name] ?? []), message];
  }
  return { errors };
};
