import { z } from 'zod';
import {
  type Readiness as ReadinessState,
  type ReadinessStep as StepState,
  stepMovers,
  stepNames,
  waysToKnow,
} from '../domain/readiness.ts';
import { Instant, isoOrNull, orNull } from './fields.ts';

/** What is told of a step wherever one is told. */
export const stepFields = {
  step: z.enum(stepNames),
  state: z.enum(['done', 'missing', 'unknown']),
  mover: z.enum(stepMovers).meta({ description: 'Whose move it is, where it is missing.' }),
  text: z.string().meta({ description: 'What there is to do, or how it stands, in words for whoever moves.' }),
  reason: z.string().nullable().meta({
    description: 'What the outside answered where it is missing: a code of `/problems`.',
    example: 'access-not-delegated',
  }),
  link: z.string().nullable().meta({ description: 'Where it can be done.' }),
  knownBy: z.enum(waysToKnow).meta({
    description:
      'How that is known: a token came or was refused, Altinn answered a consent, the operator’s clients, or what is set here.',
  }),
  checkedAt: Instant.nullable().meta({ description: 'When it was last found out; null where nobody has to be asked.' }),
  since: Instant.meta({ description: 'Since when it is so.' }),
};

export const stepView = (step: StepState) => ({
  ...step,
  reason: orNull(step.reason),
  link: orNull(step.link),
  checkedAt: isoOrNull(step.checkedAt),
  since: step.since.toISOString(),
});

export const Readiness = z
  .object({
    services: z.array(
      z.object({
        service: z.string(),
        ready: z.boolean(),
        steps: z.array(
          z.object({
            ...stepFields,
            blocks: z.boolean().meta({ description: 'The service is not ready because of it.' }),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Readiness' });

export const readinessView = ({ services }: ReadinessState) => ({
  services: services.map(({ service, ready, steps }) => ({ service, ready, steps: steps.map(stepView) })),
});
