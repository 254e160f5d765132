import { z } from 'zod';
import { nameOfScopes, scopesNamed } from '../domain/token.ts';

/** One scope, or several with spaces between that are asked for together. */
export const scopes = z
  .string()
  .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/, 'is a scope, or several with spaces between')
  .refine((text) => text.trim() !== '', 'names no scope')
  .transform((text) => nameOfScopes(scopesNamed(text)));
