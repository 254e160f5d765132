import { z } from 'zod';
import { eventTypes } from '../../domain/event.ts';
import { Instant, Uuid } from '../fields.ts';

/** One event, as told by cursor, stream and webhook. */
export const Event = z
  .object({
    id: Uuid,
    type: z.enum(eventTypes),
    timestamp: Instant,
    sequence: z.number().int().meta({ description: 'Grows by one with each event; has no holes.', example: 17 }),
    data: z
      .unknown()
      .meta({ description: 'For consents `{consent}`: the consent without `from`.', type: 'object', example: {} }),
  })
  .meta({ id: 'Event' });
