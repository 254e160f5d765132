import { randomBytes } from 'node:crypto';
import type { Reply } from '../exchange.ts';

/** 401 and 403 of the gate; nobody has shown a body of them. */
export const notLoggedIn = (): Reply => ({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
export const notAllowed = (): Reply => ({ status: 403 });
export const notKnown = (what: string): Reply => ({
  status: 404,
  body: { status: 404, error: 'not_found', error_description: `${what} was not found` },
});

/** In the form that others' tests have kept of it. */
export const fieldRefused = (field: string, text: string): Reply => ({
  status: 400,
  body: {
    timestamp: new Date().toISOString(),
    correlation_id: randomBytes(16).toString('hex'),
    errors: [{ errorMessage: text, isFieldError: true, objectName: 'Access', fieldIdentifier: field }],
    error: `, ${text}`,
    error_description: `, ${text}`,
  },
});
