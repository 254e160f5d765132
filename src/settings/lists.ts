import { z } from 'zod';

/** Words with commas between. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

/** `5s,1m,2h` → milliseconds. */
export const schedule = list.transform((parts, ctx) =>
  parts.map((part) => {
    const [, number, unit] = /^(\d+)(s|m|h)$/.exec(part) ?? [];
    if (!number || !unit) ctx.addIssue({ code: 'custom', message: 'is a list like 5s,1m,2h' });
    return Number(number) * { s: 1000, m: 60_000, h: 3_600_000 }[(unit ?? 's') as 's'];
  }),
);
