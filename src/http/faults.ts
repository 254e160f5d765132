import type { z } from 'zod';
import { type FieldFault, Problem, type ProblemCode } from '../domain/problem.ts';
import { problems } from '../domain/problems.ts';
import { scrub } from '../lib/mask.ts';

/** For `refine`: the fault carries a code of its own instead of `value-wrong`. */
export const coded = (code: ProblemCode, error: string) => ({ error, params: { code } });

type Issue = z.core.$ZodIssue;
const mostFaults = 20;

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), input);

const mostOfKey = 100;
/** Cut before anything else looks at it, but for what a number beginning just before the cut needs to be seen. */
const keyShown = (key: PropertyKey): string => scrub(String(key).slice(0, mostOfKey + 20)).slice(0, mostOfKey);

/** A JSON pointer (RFC 6901). */
export const pointer = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${keyShown(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const things = { string: 'characters', array: 'entries', object: 'fields', record: 'fields' } as const;
const bound = (most: 'at least' | 'at most', origin: string, limit: number | bigint): string => {
  const unit = Object.entries(things).find(([name]) => name === origin)?.[1];
  return unit ? `must have ${most} ${limit} ${unit}` : `must be ${most} ${limit}`;
};
const formats: Record<string, string> = {
  datetime: 'must be an instant such as 2026-12-24T12:00:00Z',
  uuid: 'must be a UUID',
  regex: 'has characters that are not allowed here',
};

/** Says what the value should be, never what it was: it may be a secret or a person's number. */
const faultOf = (issue: Issue, input: unknown): { code: string; detail: string } => {
  switch (issue.code) {
    case 'invalid_type':
      return valueAt(input, issue.path) === undefined
        ? { code: 'missing', detail: 'is required' }
        : { code: 'type-wrong', detail: `must be of type ${issue.expected}` };
    case 'too_small':
      return { code: 'too-small', detail: bound('at least', issue.origin, issue.minimum) };
    case 'too_big':
      return { code: 'too-big', detail: bound('at most', issue.origin, issue.maximum) };
    case 'invalid_value':
      return valueAt(input, issue.path) === undefined
        ? { code: 'missing', detail: 'is required' }
        : { code: 'value-wrong', detail: `must be one of: ${issue.values.join(', ')}` };
    case 'invalid_format':
      return { code: 'format-wrong', detail: formats[issue.format] ?? `must be a ${issue.format}` };
    case 'custom':
      return {
        code: typeof issue.params?.code === 'string' ? issue.params.code : 'value-wrong',
        detail: issue.message,
      };
    default:
      return { code: 'value-wrong', detail: 'is not valid' };
  }
};

const faultsIn = (issues: readonly Issue[], input: unknown, name: typeof pointer): FieldFault[] =>
  issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        field: name([...issue.path, key]),
        code: 'field-unknown',
        detail: 'is not known',
      }));
    if (issue.code === 'invalid_key') return faultsIn(issue.issues, input, () => name(issue.path));
    return [{ field: name(issue.path), ...faultOf(issue, input) }];
  });

const isProblem = (code: string): code is ProblemCode => Object.hasOwn(problems, code);

/** Faults of one kind have that kind's problem; a national number outweighs all; a mixture is `request-invalid`. */
const codeFor = (faults: readonly FieldFault[]): ProblemCode => {
  const codes = new Set(faults.map(({ code }) => code));
  if (codes.has('national-id-not-allowed')) return 'national-id-not-allowed';
  const [only] = codes;
  return codes.size === 1 && only !== undefined && isProblem(only) ? only : 'request-invalid';
};

/** Parses or throws the problem that names each field at fault: by JSON pointer in a body, by name in a query. */
export const checked = <S extends z.ZodType>(schema: S, input: unknown, where: 'body' | 'query'): z.output<S> => {
  const read = schema.safeParse(input);
  if (read.success) return read.data;
  const name = where === 'body' ? pointer : (path: readonly PropertyKey[]) => pointer(path).slice(1);
  const errors = faultsIn(read.error.issues, input, name).slice(0, mostFaults);
  const said = errors.map(({ field, detail }) => `${field || `the ${where}`} ${detail}`).join('; ');
  throw new Problem(codeFor(errors), said, { errors });
};
