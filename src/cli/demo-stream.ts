import { openTold } from './demo-told.ts';
import { hear } from './listen/event-source.ts';
import { hubCall } from './listen/hub-call.ts';

/** A bank's open stream of events, as `hub listen` opens it. Resolves once it hears. @throws Refused */
export const openDemoStream = async (url: string, key: string) => {
  const told = openTold('stream');
  const stopping = new AbortController();
  const hub = new URL(url);
  const { promise: hears, resolve, reject } = Promise.withResolvers<void>();
  const { signal } = stopping;
  const hearing = (async () => {
    for await (const { event } of hear({ hub, call: hubCall(hub, key), from: 'now', signal, note: () => resolve() }))
      told.add(event);
  })();
  hearing.catch(reject);
  await hears;
  return {
    until: told.until,
    async close(): Promise<void> {
      stopping.abort();
      await hearing.catch(() => undefined);
    },
  };
};
