import { z } from 'zod';

/** RFC 9457, with who can mend it. */
export const ProblemSchema = z
  .object({
    type: z.string().meta({ description: '`/problems/<code>`, which can be read there.' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'This very request: quote it to the operator.' }),
    mover: z
      .enum(['caller', 'tenant', 'api-owner', 'operator', 'time', 'nobody', 'us'])
      .meta({ description: 'Who can mend it.' }),
    link: z.string().optional().meta({ description: 'Where the mover can do something about it.' }),
    errors: z
      .array(
        z.object({
          field: z
            .string()
            .meta({ description: 'A JSON pointer into the body, or the name of a parameter or header.' }),
          code: z.string(),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'What is wrong with the request, field by field.' }),
    consentId: z.string().optional(),
    traceId: z.string().optional().meta({ description: 'Maskinporten’s trace id, which their support asks for.' }),
  })
  .meta({ id: 'Problem' });
