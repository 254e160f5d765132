import { type LivingKey, signsByCertificate } from './client-keys.ts';
import type { ClientWarning } from './client-scopes.ts';
import type { KeptProblem } from './problem.ts';

/** `fault`: why a worker found it unusable. */
type Client = { keys: readonly (LivingKey & { fault?: string })[]; stoppedAt?: Date; stoppedProblem?: KeptProblem };

const day = 24 * 60 * 60_000;

/** So many days before a key's end whoever is on duty is told, once each. */
export const warnedAt = [7, 14, 30, 60] as const;

const dateOf = (at: Date): string => at.toISOString().slice(0, 10);
const nameOf = (key: LivingKey): string => (signsByCertificate(key) ? 'The certificate' : `The key ${key.kid}`);
const daysLeft = (expiresAt: Date, now: Date): number => (expiresAt.getTime() - now.getTime()) / day;
/** One that goes anyway is nobody's concern. */
const isToStay = ({ state }: LivingKey): boolean => state === 'active' || state === 'pending';

/** Days before its end that are to be warned of now; undefined when that was done, or is far off. */
export const warningDue = (key: LivingKey & { warnedDays?: number }, now: Date): number | undefined => {
  const { expiresAt, warnedDays = Number.POSITIVE_INFINITY } = key;
  if (!expiresAt || !isToStay(key)) return undefined;
  const days = warnedAt.find((most) => daysLeft(expiresAt, now) <= most);
  return days !== undefined && days < warnedDays ? days : undefined;
};

const ending = (key: LivingKey, now: Date): ClientWarning[] => {
  const { expiresAt } = key;
  if (!expiresAt || !isToStay(key)) return [];
  const days = daysLeft(expiresAt, now);
  const next = signsByCertificate(key)
    ? 'add a key that lasts'
    : 'register it anew at Maskinporten, or add another key';
  if (days <= 0) return [{ code: 'key-expired', detail: `${nameOf(key)} ended on ${dateOf(expiresAt)}: ${next}` }];
  if (days > Math.max(...warnedAt)) return [];
  const left = Math.floor(days) === 1 ? '1 day' : `${Math.floor(days)} days`;
  return [{ code: 'key-expiring', detail: `${nameOf(key)} ends in ${left}, on ${dateOf(expiresAt)}: ${next}` }];
};

const waiting = (key: LivingKey, now: Date): ClientWarning[] => {
  if (key.state !== 'pending' || now.getTime() - key.createdAt.getTime() < day) return [];
  const said = key.problem ? ` Maskinporten says: ${key.problem.detail}` : '';
  return [
    {
      code: 'key-pending',
      detail: `${nameOf(key)} is there since ${dateOf(key.createdAt)} and does not work: register it at Maskinporten, or retire it.${said}`,
    },
  ];
};

const unusable = ({ kid, fault }: Client['keys'][number]): ClientWarning[] => {
  if (fault === undefined) return [];
  const name = kid === undefined ? 'A key' : `The key ${kid}`;
  return [{ code: 'key-unusable', detail: `${name} cannot be used: retire it, and add one that can. ${fault}` }];
};

/** Has a worker yet to make it ready? Not where one has looked, and found it unusable. */
export const isAwaited = ({ state, fault }: Pick<Client['keys'][number], 'state' | 'fault'>): boolean =>
  state === 'generating' && fault === undefined;

/** What an operator should know of a client's keys, and of whether it is used at all. */
export const keyWarnings = ({ keys, stoppedAt, stoppedProblem }: Client, now: Date): ClientWarning[] => [
  ...(stoppedAt
    ? [
        {
          code: 'client-stopped',
          detail:
            `Nothing is asked for with it since ${stoppedAt.toISOString()}. ${stoppedProblem?.detail ?? ''}`.trim(),
        } as const,
      ]
    : []),
  ...(keys.some(({ state }) => state === 'active')
    ? []
    : [
        {
          code: 'no-key',
          detail: keys.some(isAwaited)
            ? 'A worker has yet to make its key ready: is one running?'
            : 'It has no key that signs: add one',
        } as const,
      ]),
  ...keys.flatMap((key) =>
    key.state === 'retired' ? [] : [...unusable(key), ...ending(key, now), ...waiting(key, now)],
  ),
];
