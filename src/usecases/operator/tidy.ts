import { warningDue } from '../../domain/key-warnings.ts';
import { oweLooks } from '../access/owe-look.ts';
import { nobodysTenant } from '../jobs.ts';
import type { Parts } from '../memory.ts';
import { oweTending } from '../selfservice/begin-rotation.ts';
import type { Work } from '../use-cases.ts';
import { dropOldEvents } from './drop-old-events.ts';
import { learnLives } from './learn-lives.ts';

const hour = 60 * 60 * 1000;
/** Of the minute that tidying may take; what is left then is dropped a minute later. */
const dropForMs = 20_000;

/** A key that ends is told of in good time, once for each of 60, 30, 14 and 7 days before. */
const warnOfKeys = async ({ store, log }: Pick<Parts, 'store' | 'log'>, now: Date): Promise<void> => {
  const due = await store.asOperator(async (rows) => {
    const found = (await rows.clients.list()).flatMap(({ name, keys }) =>
      keys.map((key) => ({ client: name, key, days: warningDue(key, now) })),
    );
    const due = found.filter(({ days }) => days !== undefined);
    for (const { key, days } of due) await rows.clients.saveKey({ id: key.id, warnedDays: days });
    return due;
  });
  for (const { client, key, days } of due)
    log.warn(
      { client, kid: key.kid, keyId: key.id, expiresAt: key.expiresAt, days },
      'a signing key ends soon: register it anew at Maskinporten, or add another',
    );
};

/** What stands in our clients' key sets at Digdir is looked at: when keys end, what is left over, and whose time has come. */
const oweTendings = ({ store, settings }: Pick<Parts, 'store' | 'settings'>, now: Date): Promise<void> =>
  store.asOperator(async (rows) => {
    if (!settings.selfService.isSet) return;
    for (const { id } of await rows.clients.list()) await oweTending(rows, id, now, now);
  });

/** Once an hour, by one worker: rows that nobody can need any more go, keys that end soon are told of, and what others say of our scopes is read again. */
export const tidy = (
  parts: Pick<Parts, 'clock' | 'store' | 'log' | 'settings' | 'memories' | 'scopeCatalogue'>,
): Work => {
  const { clock, store, log, settings } = parts;
  const learn = learnLives(parts);
  const lookSoon = oweLooks(parts);
  return async (_subject, signal) => {
    const now = clock.now();
    await warnOfKeys({ store, log }, now);
    const gone = await store.asOperator((rows) => rows.tidy(now));
    // Each is owed when its consent ends; HUB_ERASE_AFTER_DAYS may have been shortened since.
    const endedBefore = new Date(now.getTime() - settings.eraseAfterMs);
    const erasures = await store.asOperator((rows) => rows.oweErasures(endedBefore, now));
    const old = await dropOldEvents(parts, now, signal, dropForMs);
    // Owed whenever a consent comes to Altinn; those that came before this hub read feeds are found here.
    const feeds = await store.asOperator((rows) => rows.oweFeeds(now));
    await oweTendings(parts, now);
    // Owed whenever tenants and services change; what an import of services changed, or came before this hub looked, is found here.
    const looks = await store.asOperator((rows) => lookSoon(rows));
    log.info({ gone: { ...gone, ...old.gone }, erasures, feeds, looks }, 'tidied');
    await learn(signal);
    return { nextAt: old.againAt ?? new Date(now.getTime() + hour) };
  };
};

/** Each worker that starts makes sure that tidying is owed. */
export const oweTidying = ({ clock, store }: Pick<Parts, 'clock' | 'store'>): Promise<void> =>
  store.asOperator((rows) => rows.outbox.owe('tidy', nobodysTenant, nobodysTenant, clock.now(), clock.now()));
