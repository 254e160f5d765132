import type { EventView } from '../domain/event.ts';
import { hear } from './listen/event-source.ts';
import { forwarder } from './listen/forward.ts';
import { hubCall } from './listen/hub-call.ts';
import { isPrivateWay, readWords } from './listen/words.ts';
import { orSay, stopWanted } from './stop-signals.ts';
import { sayUsage } from './usage.ts';

/** What a developer need not type: a key among the words would stay in the shell's history. */
const environment = (env: NodeJS.ProcessEnv) => ({ key: env['HUB_API_KEY'], url: env['HUB_URL'] });

type Data = { consent?: { id?: string; status?: string }; access?: { name?: string }; endpoint?: string };

/** What it is about, in a word or two. */
const aboutOf = (data: unknown): string[] => {
  const { consent, access, endpoint } = (data ?? {}) as Data;
  return [consent?.id, consent?.status, access?.name, typeof endpoint === 'string' ? endpoint : undefined].filter(
    (word) => word !== undefined,
  );
};

const lineOf = ({ timestamp, sequence, type, data }: EventView): string =>
  [timestamp, `#${sequence}`.padEnd(6), type.padEnd(18), ...aboutOf(data)].join('  ').replace(/\p{Cc}/gu, ' ');

/**
 * A tenant's events, as they come, until Ctrl-C. On standard output events alone, and what a receiver answered to them;
 * all else on standard error. Exit code 1 when the hub refuses or is not there, 2 when the words are wrong.
 */
export const listen = async (words: readonly string[]): Promise<number> => {
  const ask = readWords(words, environment(process.env));
  if ('usage' in ask) return sayUsage(words, ask.usage);
  const { hub, key, types, from, json } = ask;
  const stopping = new AbortController();
  void stopWanted().then(() => stopping.abort());
  // `hub listen | head`: nobody reads any more.
  process.stdout.on('error', () => stopping.abort());
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  const { signal } = stopping;
  return orSay(async () => {
    const forward = ask.forward && forwarder(ask.forward, signal);
    if (!isPrivateWay(hub)) note(`The key goes to ${hub.origin} unencrypted: use https where others share the network`);
    if (ask.forward) note(`Sending on to ${ask.forward.to.href}`);
    if (ask.forward?.isNew) note(`Signed with ${ask.forward.secret}`);
    for await (const { event } of hear({ hub, call: hubCall(hub, key), from, signal, note })) {
      if (types.length > 0 && !types.includes(event.type)) continue;
      process.stdout.write(`${json ? JSON.stringify(event) : lineOf(event)}\n`);
      const answer = await forward?.(event);
      if (answer === undefined) continue;
      if (json) note(`#${event.sequence} → ${answer}`);
      else process.stdout.write(`    → ${answer}\n`);
    }
    return 0;
  });
};
