import type { LastTry } from '../../store/open-reader.ts';
import type { KeptEndpoint } from '../../usecases/webhook-rows-port.ts';
import { ago, count, type Finding, hostOf, note, ok, orMore, span, wrong } from './finding.ts';

const tenants = (line: Finding): Finding => ({ ...line, mover: 'tenant' });

/** How one endpoint of a tenant fares: by its last try, and by what waits for it, is held or was given up. */
export const webhookLine = (
  { id, url, status, disabledReason, ratePerSecond, health }: KeptEndpoint,
  tried: LastTry | undefined,
  now: Date,
): Finding => {
  const host = hostOf(url);
  const { pending, held, failuresInARow, failingSince, restsUntil } = health;
  const { lookedAt = 0, givenUp = 0, at, httpStatus, error } = tried ?? {};
  const counts = [
    pending > 0 ? `; ${orMore(pending, 'event waits', 'events wait')}` : '',
    held > 0 ? `; ${orMore(held, 'is', 'are')} held` : '',
    givenUp > 0 ? `; of the newest ${lookedAt}, ${count(givenUp, 'was', 'were')} given up` : '',
  ].join('');
  const replay = `POST /v1/webhook-endpoints/${id}/replay sends what it missed`;
  if (status === 'disabled') {
    const enable = `PATCH /v1/webhook-endpoints/${id} with {"status": "enabled"}; then ${replay}`;
    return disabledReason === 'gone'
      ? tenants(wrong('webhook', `${host} answered 410 and is disabled: nothing is sent there${counts}`, enable))
      : tenants(note('webhook', `${host} is disabled: nothing is sent there${counts}`, enable));
  }
  const rest =
    restsUntil && restsUntil > now ? `; tried next in ${span((restsUntil.getTime() - now.getTime()) / 1000)}` : '';
  const rate =
    pending > 0 && ratePerSecond !== undefined ? ` (at most ${ratePerSecond} a second, as its tenant set)` : '';
  if (!at) return ok('webhook', `${host}: nothing has been sent there yet${counts}${rate}${rest}`);
  if (httpStatus !== null && httpStatus !== undefined && httpStatus < 300) {
    const says = `${host} took the last one, ${ago(at, now)}${counts}${rate}${rest}`;
    return givenUp > 0 ? tenants(note('webhook', says, replay)) : ok('webhook', says);
  }
  const said = httpStatus === null || httpStatus === undefined ? (error ?? 'no answer') : `HTTP ${httpStatus}`;
  const failing = failingSince
    ? `failing for ${span((now.getTime() - failingSince.getTime()) / 1000)}, ${count(failuresInARow, 'try', 'tries')} in a row; `
    : '';
  const says = `${host}: ${failing}the last try, ${ago(at, now)}, failed (${said})${counts}${rest}`;
  const log = `GET /v1/webhook-endpoints/${id}/deliveries has each try`;
  return tenants(wrong('webhook', says, givenUp > 0 ? `${log}; ${replay}` : log));
};
