import { z } from 'zod';
import { Problem } from '../../domain/problem.ts';
import type { HttpAnswer } from '../http-caller.ts';

const Body = z.looseObject({
  error_description: z.string().nullish(),
  error: z.string().nullish(),
  correlation_id: z.string().nullish(),
  errors: z
    .array(z.looseObject({ errorMessage: z.string().nullish(), fieldIdentifier: z.string().nullish() }))
    .nullish(),
});

/** What it said, on one line and not too long; what came instead of JSON is a page, and says nothing. */
const saidIn = (body: z.infer<typeof Body> | undefined): string => {
  const fields = (body?.errors ?? []).flatMap(({ errorMessage }) => (errorMessage ? [errorMessage] : []));
  const text = fields.length > 0 ? fields.join('; ') : (body?.error_description ?? body?.error ?? '');
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
};

/** Whose move it is when the self-service API answers anything but what was asked for. */
export const refused = ({ status, body, retryAfterSeconds }: HttpAnswer, what: string): Problem => {
  const read = Body.safeParse(body).data;
  const said = saidIn(read);
  const says = said === '' ? `It answered ${status}.` : `It answered ${status}: ${said}`;
  const more = { traceId: read?.correlation_id ?? undefined, retryAfterSeconds };
  if (status === 428) return new Problem('selfservice-terms-unsigned', `${what}: the terms are not signed.`, more);
  if (status === 401 || status === 403) return new Problem('selfservice-access-missing', `${what}: ${says}`, more);
  if (status === 429 || status >= 500) return new Problem('selfservice-unavailable', `${what}: ${says}`, more);
  return new Problem('selfservice-refused', `${what}: ${says}`, more);
};
