import { z } from 'zod';
import { isRecord, parseJson } from '../exchange.ts';
import { invalid, type RequestError } from './refusals.ts';
import { readTime } from './times.ts';

const time = z.string().transform((text, context) => {
  const read = readTime(text);
  if (!read) context.addIssue('is no time');
  return read ?? new Date(Number.NaN);
});

/** In lower case, since names of properties are read in any. The help pages show a number as a value of metadata. */
const Body = z.object({
  coveredby: z.string(),
  offeredby: z.string(),
  offeredbyname: z.string().min(1),
  handledby: z.string().nullish(),
  requireddelegator: z.string().nullish(),
  requireddelegatorname: z.string().nullish(),
  validto: time,
  redirecturl: z.string(),
  requestresources: z
    .array(
      z.object({
        servicecode: z.string(),
        serviceeditioncode: z.number().int(),
        operations: z.array(z.string()).nullish(),
        metadata: z.record(z.string(), z.union([z.string(), z.number()]).nullable()).nullish(),
      }),
    )
    .min(1),
  requestmessage: z.record(z.string(), z.string().nullable()).nullish(),
  portalviewmode: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['hide', 'show']))
    .nullish(),
});

export type RequestBody = z.infer<typeof Body>;

const lowerNames = (value: unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]))
    : value;

/** Reads what was posted, or says what is missing or of the wrong kind. What it does not know it passes over. */
export const bindRequest = (text: string): { body: RequestBody } | { errors: RequestError[] } => {
  const top = lowerNames(parseJson(text));
  if (!isRecord(top)) return { errors: [invalid('The body is no JSON object')] };
  const { requestresources } = top;
  const read = Body.safeParse({
    ...top,
    requestresources: Array.isArray(requestresources) ? requestresources.map(lowerNames) : requestresources,
  });
  if (read.success) return { body: read.data };
  return { errors: read.error.issues.map(({ path, message }) => invalid(`${path.join('.')}: ${message}`)) };
};
