import type { News } from '../../domain/decide.ts';
import { type Feed, feedDue, feedPlace, keptTurn, mostTurnsAhead, placeAfter } from '../../domain/feed-pace.ts';
import { fateOf, Problem } from '../../domain/problem.ts';
import type { FeedNews, FeedPage } from '../altinn-port.ts';
import type { Parts } from '../memory.ts';
import type { HandOut } from '../outbox-port.ts';
import type { TokenFor } from '../tokens/known-token.ts';
import { withToken } from '../tokens/with-token.ts';
import type { Work } from '../use-cases.ts';
import { changeConsents } from './change-consent.ts';

/** One run reads no more pages than this; what is left is read when others have had their turn. */
const mostPages = 10;

/** A link that has failed so often in a row may itself be why. */
const mostTries = 3;

/** What a page says of each consent, in its order. What changes no status says nothing. */
const newsByConsent = (told: readonly FeedNews[]): Map<string, News[]> => {
  const news = new Map<string, News[]>();
  for (const { consentId, status, at } of told) {
    if (!status || status === 'Created') continue;
    const item: News = { kind: 'upstream', status, ...(status === 'Accepted' ? { consentedAt: at } : {}) };
    news.set(consentId, [...(news.get(consentId) ?? []), item]);
  }
  return news;
};

/** A page's effects and the place after it, in one transaction. Answers how many consents changed. */
export const keepPage = (parts: Pick<Parts, 'clock' | 'ids' | 'settings' | 'store'>) => {
  const change = changeConsents(parts);
  return (tenantId: string, { news, next }: FeedPage, askedAt: Date): Promise<number> =>
    parts.store.asTenant(tenantId, async (rows) => {
      // First of all: two that read the same feed at once go one after the other from here on.
      await rows.feed.move({
        position: placeAfter(news, parts.clock.now()),
        ...(next === undefined ? { readAt: askedAt } : { nextLink: next }),
      });
      return change(rows, newsByConsent(news));
    });
};

/**
 * Reads a tenant's feed at Altinn, minutes late and complete: proof that no answer was missed, whatever became of browsers and
 * of reads of single consents. Each page is one transaction, which moves the place too; so a crash leaves nothing half done,
 * and whoever comes next goes on from there. Everything is looked at anew for each page.
 *
 * Read only while something in it can change something, and within the pace that all tenants' feeds share.
 */
export const readFeed = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, store, settings, altinn3, feedMetrics, log } = parts;
  const keep = keepPage(parts);
  const calling = withToken(parts, tokenFor);

  /** When this page's turn is, which may be now. */
  const turnOf = async (tenantId: string, feed: Feed, now: Date): Promise<Date> => {
    const pace = { everyMs: 1000 / settings.feedsPerSecond, most: mostTurnsAhead };
    return keptTurn(feed, now, pace.everyMs * pace.most) ?? store.feeds.takeTurn(tenantId, now, pace);
  };

  const readPage = async (tenantId: string, from: NonNullable<ReturnType<typeof feedPlace>>, signal: AbortSignal) => {
    const askedAt = clock.now();
    const need = { tenantId, scope: settings.consentScope };
    const page = await calling(need, signal, (token) => altinn3.readFeed(from, token, signal));
    const changed = await keep(tenantId, page, askedAt);
    feedMetrics.read(changed);
    if (changed > 0) log.info({ tenantId, changed, news: page.news.length }, 'the feed told what had been missed');
  };

  const failed = async ({ tenantId, failures }: HandOut, from: object, error: unknown): Promise<void> => {
    const code = error instanceof Problem ? error.code : 'internal';
    feedMetrics.failed(code);
    // The position says as well where to go on.
    const isSpent = 'link' in from && (fateOf(error) !== 'again' || failures + 1 >= mostTries);
    await store.feeds
      .fail(tenantId, code, isSpent)
      .catch((lost: unknown) => log.warn({ tenantId, error: lost }, 'a failed read of a feed was not noted'));
  };

  return async (work, signal) => {
    const { tenantId } = work;
    for (let pages = 0; pages < mostPages && !signal.aborted; pages += 1) {
      const now = clock.now();
      const feed = await store.feeds.find(tenantId);
      const [due, from] = [feedDue(feed, now), feedPlace(feed)];
      if (!due || !from) return undefined;
      if (due > now) return { nextAt: due };
      const turn = await turnOf(tenantId, feed, now);
      if (turn > now) return { nextAt: turn };
      await readPage(tenantId, from, signal).catch(async (error: unknown) => {
        await failed(work, from, error);
        throw error;
      });
    }
    return { nextAt: clock.now() };
  };
};
