import type { Context } from 'koa';
import { z } from 'zod';
import type { Altinn2 } from '../altinn2/state.ts';
import type { Altinn3 } from '../altinn3/state.ts';
import type { Calls } from '../calls.ts';
import { isOrgno, isPersonNumber } from '../check-digits.ts';
import { parseJson } from '../exchange.ts';
import type { Faults } from '../faults.ts';
import type { Landings } from '../landings.ts';
import type { SigningKeys } from '../maskinporten/signing-keys.ts';
import { bodyOf } from '../serve-endpoint.ts';

/** What the control calls can reach. */
export type Control = {
  altinn: Altinn3;
  altinn2: Altinn2;
  keys: SigningKeys;
  faults: Faults;
  landings: Landings;
  calls: Calls;
  url: string;
};

export type ControlContext = Context & { params: Record<string, string> };

/** A control call that makes no sense: it is answered as `{error, detail}`. */
export class ControlRefused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** Reads a body by a schema; an empty one counts as `{}`. */
export const readControl = async <T>(ctx: Context, schema: z.ZodType<T>): Promise<T> => {
  const text = await bodyOf(ctx);
  const read = schema.safeParse(text === '' ? {} : parseJson(text));
  if (!read.success) throw new ControlRefused(400, 'body-invalid', z.prettifyError(read.error));
  return read.data;
};

export const Orgno = z.string().refine(isOrgno, 'Not an organisation number');
export const PersonNumber = z.string().refine(isPersonNumber, 'Not a national identity number');

/** A part of the path that must be an organisation number. */
export const orgnoParam = (ctx: ControlContext, name: string): string => {
  const read = Orgno.safeParse(ctx.params[name]);
  if (!read.success) throw new ControlRefused(400, 'orgno-invalid', `${name} is not an organisation number`);
  return read.data;
};

/** Scopes hold colons and slashes: in a path they come percent-encoded, and Koa has decoded them. */
export const scopeParam = ({ altinn }: Control, ctx: ControlContext): string =>
  knownScope(altinn, ctx.params.scope ?? '');

export const knownScope = ({ world }: Altinn3, scope: string): string => {
  if (!world.scopes.has(scope))
    throw new ControlRefused(400, 'scope-unknown', `No scope ${scope}; see PUT /sandbox/scopes/{scope}`);
  return scope;
};
