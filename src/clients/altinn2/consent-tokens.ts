import { Problem } from '../../domain/problem.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { unless } from '../../lib/unless.ts';
import type { Altinn2 } from '../../usecases/altinn-port.ts';
import { openPublishedKeys } from '../published-keys.ts';
import { type Altinn2Calls, unreadable } from './calls.ts';
import { checkConsentToken, tokenIn } from './check-consent-token.ts';
import { altinn2KeyPlace } from './key-place.ts';
import { useToWire } from './wire.ts';

const pathOf = (code: string, rest = ''): string => `authorization/token/${encodeURIComponent(code)}${rest}`;

/** `Date` shows whole seconds. */
const secondMs = 1000;

/** Tokens of given consents, which nobody is handed before they have been checked; and what is said of their use. */
export const consentTokens = (
  { call, refused, base, open }: Altinn2Calls,
  { operatorOrgno, clock, log }: { operatorOrgno: string; clock: Clock; log: Log },
): Pick<Altinn2, 'consentToken' | 'logUse' | 'giveBack'> => {
  const keys = openPublishedKeys({
    place: altinn2KeyPlace(base, open, log),
    name: 'the keys of Altinn 2’s consent tokens',
    missing: 'altinn-unavailable',
    ...{ http: open, clock, log },
  });
  return {
    async consentToken(ask, token, signal) {
      const { code, to } = ask;
      const askedAt = clock.now();
      const answer = await call({ verb: 'token', method: 'GET', path: pathOf(code), token }, signal);
      if (answer.status !== 200) throw refused(answer, token, { verb: 'token', to }, { code });
      const given = tokenIn(answer.body);
      if (given === undefined) throw unreadable();
      // It lives half a minute by Altinn's clock, and ours may be wrong by more.
      const now = answer.date ?? clock.now();
      const check = checkConsentToken(given, ask, { keys, now, operatorOrgno });
      const { expiresAt } = await unless(signal, check).catch((error: unknown) => {
        throw signal.aborted ? new Problem('altinn-unavailable', 'Altinn 2 shows its keys too slowly.') : error;
      });
      const leftMs = expiresAt.getTime() - now.getTime() - (answer.date ? secondMs : 0);
      return { token: given, expiresAt: new Date(askedAt.getTime() + leftMs) };
    },

    async logUse(code, used, token, signal) {
      const body = JSON.stringify(useToWire(used));
      const answer = await call({ verb: 'use', method: 'POST', path: pathOf(code, '/loguse'), body, token }, signal);
      if (answer.status !== 204 && answer.status !== 200) throw refused(answer, token, { verb: 'use' }, { code });
    },

    async giveBack(code, token, signal) {
      const answer = await call({ verb: 'use', method: 'DELETE', path: pathOf(code), token }, signal);
      if (answer.status !== 204 && answer.status !== 200) throw refused(answer, token, { verb: 'use' }, { code });
    },
  };
};
