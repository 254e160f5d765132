import type { EndpointSeen } from '../../store/endpoint-health.ts';
import { type Contents, lateSeconds } from '../../store/look-over.ts';
import { ago, count, type Finding, hostOf, note, ok, orMore, span } from './finding.ts';

/** So many are named; of more than that only their number. */
const mostNamed = 5;

const waits = ({ pending, held, oldestSeconds }: EndpointSeen): string =>
  [
    pending > 0 ? `${orMore(pending, 'event waits', 'events wait')}, the oldest for ${span(oldestSeconds)}` : '',
    held > 0 ? `${orMore(held, 'is', 'are')} held` : '',
  ]
    .filter((part) => part !== '')
    .join('; ') || 'nothing waits';

/** Why a receiver that takes what it is sent is sent no more. */
const pace = ({ ratePerSecond, slowMs }: EndpointSeen): string => {
  if (ratePerSecond !== null) return `it is sent ${ratePerSecond} a second at most, as its tenant set`;
  return slowMs > 0 ? `it is sent one each ${slowMs} ms at most, since it was overwhelmed or silent` : '';
};

const troubled = (seen: EndpointSeen, now: Date): Finding => {
  const { state, name, orgno, id, url, failures, failingSince, restsUntil } = seen;
  const who = `${name} ${orgno}, ${hostOf(url)}`;
  const rests =
    restsUntil && restsUntil > now ? `, tried next in ${span((restsUntil.getTime() - now.getTime()) / 1000)}` : '';
  const since = failingSince ? `, the first ${ago(failingSince, now)}` : '';
  const failed = `${count(failures, 'try', 'tries')} in a row failed${since}${rests}`;
  const more = `\`hub doctor --tenant ${orgno}\` has its last answer`;
  if (state === 'gone')
    return note(
      'webhooks',
      `${who}: it answered 410 and is disabled; ${waits(seen)}`,
      `the tenant’s move: PATCH /v1/webhook-endpoints/${id} with {"status": "enabled"}, then POST …/replay sends what it missed`,
    );
  if (state === 'failing')
    return note(
      'webhooks',
      `${who}: failing; ${failed}; ${waits(seen)}`,
      `its receiver’s to mend, it goes on by itself: tell the tenant; ${more}`,
    );
  if (state === 'resting')
    return note('webhooks', `${who}: its receiver asked to be left alone${rests}; ${waits(seen)}`, more);
  if (state === 'stumbling') return note('webhooks', `${who}: ${failed}; ${waits(seen)}`, more);
  const paced = pace(seen);
  return note(
    'webhooks',
    `${who}: it takes what it is sent, and is behind${paced === '' ? '' : `: ${paced}`}; ${waits(seen)}`,
    paced === '' ? `is deliver-webhook behind, above? else it refuses one event: ${more}` : more,
  );
};

/**
 * Whose receivers do not take their events, and whose events wait. Never `wrong`: a receiver is its tenant's to mend, and work
 * that nobody does is told in the row of deliver-webhook.
 */
export const webhookFindings = ({ seen, troubled: named }: Contents['webhooks'], now: Date): Finding[] => {
  const many = (of: 'endpoints' | 'pending' | 'held', ...states: string[]) =>
    seen.filter(({ state }) => states.length === 0 || states.includes(state)).reduce((sum, row) => sum + row[of], 0);
  if (many('endpoints') === 0) return [ok('webhooks', 'no tenant has an endpoint')];
  const alive = seen.filter(({ state }) => state !== 'suspended');
  const oldest = Math.max(0, ...alive.map(({ oldestSeconds }) => oldestSeconds));
  const states = seen.map(({ state, endpoints }) => `${endpoints} ${state}`).join(', ');
  const held = many('held');
  const pending = many('pending');
  const says = `${count(many('endpoints'), 'endpoint')} (${states}); ${
    pending === 0 ? 'no event waits' : `${count(pending, 'event waits', 'events wait')}, the oldest for ${span(oldest)}`
  }${held > 0 ? `; ${held} held` : ''}`;
  const bad = many('endpoints', 'failing', 'resting', 'stumbling', 'gone');
  const isBehind = seen.some(({ state, oldestSeconds }) => state === 'well' && oldestSeconds > lateSeconds);
  return [
    bad > 0 || isBehind ? note('webhooks', says, 'below, those with most to tell first') : ok('webhooks', says),
    ...named.slice(0, mostNamed).map((one) => troubled(one, now)),
    ...(named.length > mostNamed ? [note('webhooks', 'and others')] : []),
  ];
};
