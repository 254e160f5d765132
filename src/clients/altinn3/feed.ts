import { z } from 'zod';
import { Problem } from '../../domain/problem.ts';
import { scrub } from '../../lib/mask.ts';
import type { ConsentFeed, FeedNews } from '../../usecases/altinn-port.ts';
import { inLowerCase } from '../in-lower-case.ts';
import { type AltinnCalls, unreadable } from './calls.ts';
import { Instant, statuses } from './wire.ts';

/** Altinn's pages hold a hundred; one that holds more than this is none of its pages. */
const mostNews = 1000;

/**
 * Names in lower case, and types in any: pages and code have disagreed. An item that cannot be read makes the page one that
 * cannot: what was skipped would be missed in silence.
 */
const Page = z.preprocess(
  inLowerCase,
  z.looseObject({
    links: z.preprocess(inLowerCase, z.looseObject({ next: z.string().min(1).max(4000).nullish() })).nullish(),
    data: z
      .array(
        z.preprocess(
          inLowerCase,
          z.looseObject({ consentrequestid: z.guid(), eventtype: z.string().min(1), changeddate: Instant }),
        ),
      )
      .max(mostNews),
  }),
);

/** The link as it is, where it leads to this feed; the token goes nowhere else. */
const followed = (link: string, feed: URL): URL => {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  const staysHere =
    url && url.origin === feed.origin && url.pathname === feed.pathname && url.username === '' && url.password === '';
  if (staysHere) return url;
  const where = url ? scrub(`${url.origin}${url.pathname.slice(0, 200)}`) : 'no address at all';
  throw new Problem('feed-link-foreign', `The link to the next page leads to ${where}, and not to ${feed.href}.`);
};

/** Altinn 3's feed of one consumer's consent requests, a page at a time. @see docs/sources/altinn-3.md */
export const consentFeed = (requests: URL, { call, refused }: AltinnCalls): ConsentFeed['readFeed'] => {
  const feed = new URL(`${requests.href}/events`);
  const firstPage = (after: Date): URL => {
    const url = new URL(feed);
    url.searchParams.set('createdAfter', after.toISOString());
    return url;
  };
  return async (from, token, signal) => {
    const url = 'link' in from ? followed(from.link, feed) : firstPage(from.after);
    const answer = await call({ method: 'GET', url }, token, signal);
    if (answer.status !== 200) throw refused(answer, token, { verb: 'read' }, {});
    const page = Page.safeParse(answer.body);
    const next = page.data?.links?.next;
    // A page that leads to itself would never end.
    if (!page.success || (next && next === url.href)) throw unreadable();
    const news = page.data.data.map(({ consentrequestid, eventtype, changeddate }): FeedNews => {
      const status = statuses[eventtype.toLowerCase()];
      return { consentId: consentrequestid.toLowerCase(), at: changeddate, ...(status ? { status } : {}) };
    });
    return { news, ...(next ? { next } : {}) };
  };
};
