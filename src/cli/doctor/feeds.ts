import { acceptedEveryMs, pendingEveryMs } from '../../domain/feed-pace.ts';
import type { Contents, StaleFeed } from '../../store/look-over.ts';
import { count, type Finding, isOurs, note, ok, span, toldOf, whyOf, wrong } from './finding.ts';

/** A feed is late when it has missed several looks, whatever one of them met. */
const lateMs = { pending: 8 * pendingEveryMs, accepted: 3 * acceptedEveryMs };

const states = { pending: 'pending consents', accepted: 'accepted ones alone' };

const late = ({ name, staleMs, lastProblem, while: state }: StaleFeed): Finding => {
  const says = `${name}, with ${states[state]}: not read for ${span(staleMs / 1000)}${whyOf(lastProblem)}`;
  if (isOurs(lastProblem)) return wrong('feeds', says, `the operator must act: ${toldOf(lastProblem)}`);
  if (lastProblem !== null) return note('feeds', says, 'tried again by itself; the log has each failure of read-feed');
  return wrong(
    'feeds',
    says,
    'nobody reads it: is a worker running? with many tenants HUB_FEEDS_PER_SECOND may be too low',
  );
};

/** Whose feeds at Altinn are read, how stale they are, and the stalest tenants by name. */
export const feedFindings = ({ seen, stalest }: Contents['feeds']): Finding[] => {
  if (seen.length === 0) return [ok('feeds', 'none is read: no consent at Altinn can change')];
  const behind = stalest.filter((feed) => feed.staleMs > lateMs[feed.while]);
  if (behind.length > 0) return behind.map(late);
  const said = seen
    .toSorted((one, other) => other.while.localeCompare(one.while))
    .map(
      ({ tenants, stalestMs, while: state }) =>
        `${count(tenants, 'tenant')} with ${states[state]}, the stalest read ${span(stalestMs / 1000)} ago`,
    );
  return [ok('feeds', `${said.join('; ')} (stalest: ${stalest.map(({ name }) => name).join(', ')})`)];
};
