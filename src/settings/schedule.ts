import { z } from 'zod';

const units = { s: 1000, m: 60_000, h: 3_600_000 };

/** `5s,1m,2h` → milliseconds. */
export const schedule = z.string().transform((text, ctx) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, number, unit] = /^(\d+)(s|m|h)$/.exec(part) ?? [];
      if (!number || !unit) ctx.addIssue({ code: 'custom', message: 'is a list like 5s,1m,2h' });
      return Number(number) * units[(unit ?? 's') as 's'];
    }),
);
