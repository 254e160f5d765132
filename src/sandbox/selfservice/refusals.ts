import { randomBytes } from 'node:crypto';
import type { Reply } from '../exchange.ts';

export type FieldError = { field: string; message: string };

/** Thrown by the checks of a call to the self-service API. */
export class SelfServiceRefused extends Error {
  readonly status: number;
  readonly error: string;
  readonly fields: readonly FieldError[];
  constructor(status: number, error: string, text: string, fields: readonly FieldError[] = []) {
    super(text);
    this.status = status;
    this.error = error;
    this.fields = fields;
  }
}

/** What is wrong with a client or its keys, as a 400 tells it. */
export const invalid = (field: string, message: string): SelfServiceRefused =>
  new SelfServiceRefused(400, 'bad_request', message, [{ field, message }]);

/** The body of a 400 was seen (its odd commas too); that the others look alike is not known. */
export const refusalReply = ({ status, error, message, fields }: SelfServiceRefused, now: Date): Reply => {
  const told = fields.map((one) => `, ${one.message}`).join('');
  return {
    status,
    body: {
      timestamp: now.toISOString(),
      correlation_id: randomBytes(16).toString('hex'),
      errors: fields.map(({ field, message: errorMessage }) => ({
        errorMessage,
        isFieldError: true,
        objectName: 'Client',
        fieldIdentifier: field,
      })),
      error: fields.length > 0 ? told : error,
      error_description: fields.length > 0 ? told : message,
    },
  };
};
