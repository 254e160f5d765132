import { z } from 'zod';
import { type MonthSpan, monthOf, monthsIn, mostMonths } from '../domain/usage.ts';

const Month = z
  .string()
  .regex(/^20\d\d-(?:0[1-9]|1[0-2])$/)
  .meta({ example: '2026-11' });

type Asked = { month?: string | undefined; from?: string | undefined; to?: string | undefined };

/** One month, or from one to another, both with it. The month that runs, unless said. */
export const monthQuery = {
  month: Month.optional().meta({ description: 'One month; the one that runs unless said.' }),
  from: Month.optional().meta({ description: 'The first month, with `to`.' }),
  to: Month.optional().meta({ description: `The last month, with \`from\`; ${mostMonths} at most.` }),
};

/** What is wrong with what was asked for. */
const faultOf = ({ month, from, to }: Asked): { field: 'month' | 'from' | 'to'; error: string } | undefined => {
  if (month !== undefined && (from ?? to) !== undefined) return { field: 'month', error: 'goes without from and to' };
  if (from !== undefined && to === undefined) return { field: 'to', error: 'goes with from' };
  if (to !== undefined && from === undefined) return { field: 'from', error: 'goes with to' };
  if (from === undefined || to === undefined) return undefined;
  if (from > to) return { field: 'to', error: 'must not lie before from' };
  if (monthsIn({ from, to }).length > mostMonths)
    return { field: 'to', error: `must lie ${mostMonths} months after from at most` };
  return undefined;
};

/** Holds the three to one another. */
export const checkMonths = (asked: Asked, { addIssue }: z.RefinementCtx<Asked>): void => {
  const fault = faultOf(asked);
  if (fault) addIssue({ code: 'custom', path: [fault.field], message: fault.error });
};

export const spanOf = ({ month, from, to }: Asked, now: Date): MonthSpan => {
  const one = month ?? monthOf(now);
  return from !== undefined && to !== undefined ? { from, to } : { from: one, to: one };
};

export const MonthUsage = z
  .object({
    month: z.string().meta({ description: 'In UTC.', example: '2026-11' }),
    isComplete: z.boolean().meta({ description: 'It is over, and nothing more is counted in it.' }),
    consentsRequested: z.int().meta({ description: 'That Altinn had.' }),
    consentsAccepted: z.int(),
    tokensHandedOut: z
      .int()
      .meta({ description: 'Maskinporten tokens, to apps or to a data source by way of the hub.' }),
    dataCalls: z.int().meta({ description: 'Calls that a data source answered, whatever it answered.' }),
    webhooksDelivered: z
      .int()
      .meta({ description: 'Deliveries that a receiver took, replays and pings too; each once.' }),
  })
  .meta({ id: 'MonthUsage' });
