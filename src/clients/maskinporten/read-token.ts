import { Problem } from '../../domain/problem.ts';
import type { Refusal } from '../../domain/refusals.ts';
import type { IssuedToken, TokenAsk } from '../../usecases/ports.ts';
import { type Claims, claimsOf } from '../token-claims.ts';
import { tokenFault } from './check-token.ts';
import { TokenReply } from './wire.ts';

type Asked = {
  ask: TokenAsk;
  issuer: string;
  operatorOrgno: string;
  /** By our clock, before anything was sent. */
  askedAt: Date;
  /** What makes their time of ours: `exp` was written by their clock. */
  correctionMs: number;
};

/** When it ends, by our clock: counted from before we asked, and never later than the token says itself. */
const endOf = (expiresIn: number | undefined, { iat, exp }: Claims, { askedAt, correctionMs }: Asked): Date => {
  const ownEnd = typeof exp === 'number' ? exp * 1000 - correctionMs : Number.POSITIVE_INFINITY;
  const life = expiresIn ?? (typeof exp === 'number' && typeof iat === 'number' ? exp - iat : 0);
  return new Date(Math.min(askedAt.getTime() + life * 1000, ownEnd));
};

/** The token in an answer of 200, or why there is none: no token answer at all, or another token than was asked for. */
export const readToken = (body: unknown, asked: Asked): IssuedToken | Refusal => {
  const reply = TokenReply.safeParse(body);
  if (!reply.success)
    return {
      class: 'again-soon',
      problem: new Problem('maskinporten-unavailable', 'Maskinporten’s answer could not be read.'),
    };
  const { access_token: token, expires_in: expiresIn } = reply.data;
  const claims = claimsOf(token);
  const fault = claims ? tokenFault(claims, { ...asked.ask, ...asked }) : 'it cannot be read';
  if (fault !== undefined || !claims)
    return { class: 'us', problem: new Problem('token-unexpected', `The token was thrown away: ${fault}.`) };
  return { token, expiresAt: endOf(expiresIn, claims, asked) };
};
