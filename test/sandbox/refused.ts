import { expect } from 'vitest';

type Expected = { code: string | null; status?: number; error: string; text: string };

/** How most descriptions begin. */
export const login = 'Invalid assertion. Client authentication failed.';

/** The body of a refusal, whole: nothing more may be in it than is documented. */
export const refused = (issuer: string, { code, status = 400, error, text }: Expected) => ({
  status,
  body: {
    error,
    error_description: expect.stringMatching(
      new RegExp(`^${text.replace(/[.()]/g, '\\$&')} \\(trace_id: [0-9a-f]{32}\\)$`),
    ),
    ...(code !== null && { error_uri: `${issuer}errors/${code}` }),
  },
});
