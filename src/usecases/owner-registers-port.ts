import type { Entry, Move, Register } from '../domain/owner-lists.ts';

/** A register did not do what it was asked, in words for whoever reads the report; `passing`: it may, after a pause. */
export class RegisterFault extends Error {
  override readonly name = 'RegisterFault';
  readonly passing: boolean;
  readonly retryAfterSeconds: number;
  constructor(
    message: string,
    {
      passing = false,
      retryAfterSeconds = 1,
      ...options
    }: ErrorOptions & { passing?: boolean; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options);
    this.passing = passing;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** One register of an API's owner. What it is asked may be asked again: who is there is not added, who is not is not removed. */
export type OwnerRegister = {
  register: Register;
  scopes: { read: string; write: string };
  /** So many consumers go into one call. */
  most: number;
  /** @throws RegisterFault */
  read(name: string, token: string, signal: AbortSignal): Promise<{ entries: Entry[]; notes: string[] }>;
  /** All of them or none. @throws RegisterFault */
  make(name: string, what: Move['what'], entries: readonly Entry[], token: string, signal: AbortSignal): Promise<void>;
};
