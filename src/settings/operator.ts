import { z } from 'zod';

/** Shown to people beside the operator's organisation number. */
export const operatorName = z
  .string()
  .trim()
  .max(100, 'is longer than 100 characters')
  .regex(/^\P{Cc}+$/u, 'is one line of text');

/** Without a slash at its end. */
export const publicUrl = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''));
