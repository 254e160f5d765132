import type { Reply } from '../exchange.ts';
import type { Settings } from '../settings.ts';

/**
 * No list of codes was ever found. 40332 was seen for numbers and names; the other one is all that the help pages show.
 * Whoever reads these should not tell more by them than we know.
 */
export type ErrorCode = '40332' | '19023';
export type RequestError = { code: ErrorCode; text: string };

/** Wrong parties: a number that does not exist, or a name that is another's. They are not told apart. */
export const wrongParty = (field: string): RequestError => ({
  code: '40332',
  text: `The number is invalid or does not match the name: ${field}`,
});

export const invalid = (text: string): RequestError => ({ code: '19023', text });

/** 400 with all that is wrong, as a list. */
export const badRequest = (settings: Settings, errors: RequestError[]): Reply => ({
  status: 400,
  body: errors.map(({ code, text }) =>
    settings.altinn2ErrorNames === 'ErrorMessage'
      ? { ErrorCode: code, ErrorMessage: text }
      : { errorCode: code, errorDescription: text },
  ),
});

/** Those that speak do it in the reason phrase; there is no body. */
export const apiKeyMissing = (): Reply => ({ status: 400, reason: "Required header 'ApiKey' is missing." });

export const unauthenticated = (): Reply => ({
  status: 401,
  reason: 'Authorization failed: There is no authenticated organization number set on this request.',
});

export const tokenExpired = (expiredAt: Date, now: Date): Reply => ({
  status: 401,
  reason: `IDX10223: Lifetime validation failed. The token is expired. ValidTo: '${expiredAt.toISOString()}', Current time: '${now.toISOString()}'.`,
});

/** Unknown, not yours, not allowed: never told which. */
export const forbidden = (): Reply => ({ status: 403 });

/** Of the token calls: not given, revoked, expired, used up, or not yours; not told apart either. */
export const codeRefused = (): Reply => ({
  status: 403,
  reason:
    'The API key is not authorized for this operation, or the supplied authorization code is either expired or invalid.',
});
