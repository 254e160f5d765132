import type { EventView } from '../../domain/event.ts';
import { Problem } from '../../domain/problem.ts';
import { openGate } from '../../lib/gate.ts';
import { openPlaces } from '../../lib/places.ts';
import { sharedAsks } from '../../lib/shared-asks.ts';
import { unless } from '../../lib/unless.ts';
import type { Parts } from '../memory.ts';
import type { EventFeed, FollowedEvent, UseCases } from '../use-cases.ts';
import { type Guarded, openKeyGuard, type Revoked } from './guard-keys.ts';
import { checkPlace, eventCursors, isPast } from './place-in-events.ts';
import { openWatches, type Watch } from './watch-tenants.ts';

/** Read at once: a reader that is slow keeps so many in memory and no more. */
const pageSize = 25;
/** However many streams come back after a restart, so many read at once; the rest of the API needs connections too. */
const readersAtOnce = 4;
const retryAfterSeconds = 15;

type Page = { isPast: boolean; items: readonly FollowedEvent[] };

/**
 * A tenant's events as they happen, whichever process writes them. Woken by notices, and looking by itself where one was lost;
 * it waits without a database connection, and those who stand at the same place read together.
 */
export const followEvents = (
  parts: Pick<Parts, 'clock' | 'store' | 'notices' | 'log' | 'memories' | 'settings'>,
): UseCases['followEvents'] => {
  const { store, notices, log, settings } = parts;
  const { inAll, ofTenant } = settings.streams;
  const enter = openPlaces({ inAll, ofKey: ofTenant });
  const watchOf = openWatches(notices);
  const guard = openKeyGuard(parts);
  const gate = openGate(readersAtOnce, inAll, () => new Error('more reads wait than streams may be open'));
  const together = sharedAsks<Page>(() => false);

  const readPage = (tenantId: string, after: number, heard: number): Promise<Page> =>
    // Only with those who heard as much: a read that began before the notice may have missed what it tells of.
    together(`${tenantId} ${after} ${heard}`, () =>
      gate(async () => {
        const cursors = await eventCursors(parts, tenantId);
        const { items, ...kept } = await store.readEvents(tenantId, after, pageSize);
        const withCursor = (event: EventView) => ({ event, cursor: cursors.write(event.sequence) });
        return { isPast: isPast(after, kept), items: items.map(withCursor) };
      }),
    );

  async function* pages(tenantId: string, from: number, watch: Watch, over: AbortSignal, gone: AbortSignal) {
    const signal = AbortSignal.any([over, gone]);
    let after = from;
    while (!signal.aborted) {
      const heard = watch.heard();
      const read = readPage(tenantId, after, heard).catch((error: unknown) => {
        log.debug({ error, tenantId }, 'a stream could not read its events, and tries again');
        return undefined;
      });
      // A database that does not answer keeps nobody from ending.
      const page = await unless(signal, read).catch(() => undefined);
      if (signal.aborted) break;
      if (page?.isPast) return 'expired' as const;
      const newest = page?.items.at(-1);
      if (page && newest) {
        after = newest.event.sequence;
        yield page.items;
      }
      // A full page may have more behind it.
      if (page?.items.length !== pageSize) await watch.hears(heard, signal);
    }
    return over.aborted ? (over.reason as Revoked) : ('gone' as const);
  }

  /** Where a stream begins. @throws Problem `cursor-invalid`, `cursor-expired` */
  const begin = async (tenantId: string, { cursor, field }: { cursor?: string | undefined; field?: string }) => {
    const cursors = await eventCursors(parts, tenantId);
    const asked = cursor === undefined ? undefined : Number(cursors.read(cursor, field));
    const kept = await gate(() => store.readEvents(tenantId, asked ?? 0, 0));
    if (asked !== undefined) checkPlace(asked, kept, { cursors, publicUrl: settings.publicUrl, field });
    const from = asked ?? kept.newest;
    return { from, cursor: cursors.write(from) };
  };

  return async ({ caller: { tenantId, keyId, tokenEndsAt } }, position): Promise<EventFeed> => {
    const leave = enter(tenantId);
    if (!leave)
      throw new Problem(
        'too-many-streams',
        `${ofTenant} streams of a tenant may be open at once in a process, and ${inAll} in all`,
        { retryAfterSeconds },
      );
    // Heard from before the first look, so that nothing falls between.
    const watch = watchOf(tenantId);
    let guarded: Guarded | undefined;
    let isOpen = true;
    const close = () => {
      if (!isOpen) return;
      isOpen = false;
      guarded?.leave();
      watch.leave();
      leave();
    };
    try {
      guarded = await guard({ tenantId, keyId, endsAt: tokenEndsAt });
      const { over } = guarded;
      if (over.aborted) throw new Problem('unauthorized', 'The key opens nothing any more');
      const { from, cursor } = await begin(tenantId, position);
      return { cursor, over, pages: (gone) => pages(tenantId, from, watch, over, gone), close };
    } catch (error) {
      close();
      throw error;
    }
  };
};
