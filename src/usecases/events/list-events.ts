import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { checkPlace, eventCursors } from './place-in-events.ts';

/** Without a cursor: from the oldest that is kept. */
export const listEvents =
  (parts: Pick<Parts, 'store' | 'memories' | 'settings'>): UseCases['listEvents'] =>
  async ({ caller: { tenantId } }, { cursor, limit }) => {
    const { store, settings } = parts;
    const cursors = await eventCursors(parts, tenantId);
    const after = cursor === undefined ? undefined : Number(cursors.read(cursor));
    const { items, ...kept } = await store.readEvents(tenantId, after ?? 0, limit);
    if (after !== undefined) checkPlace(after, kept, { cursors, publicUrl: settings.publicUrl });
    return { items, next: cursors.write(items.at(-1)?.sequence ?? after ?? kept.oldest - 1) };
  };
