import { type Access, isTheirs } from '../../domain/access.ts';
import { signingOrder } from '../../domain/client-keys.ts';
import type { ReadinessStep } from '../../domain/readiness.ts';
import { stoppedFor } from '../../domain/refusals.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { ClientWithKeys } from '../memory.ts';
import type { Settings } from '../ports.ts';
import { holdersOf } from '../tokens/find-client.ts';

type Given = {
  clients: readonly ClientWithKeys[];
  /** All that the service takes a token of. */
  scopes: readonly string[];
  /** What is known of them. */
  access: readonly Access[];
  settings: Pick<Settings, 'links' | 'ownScopes'>;
  /** Since when there is anything to be ready for. */
  begin: Date;
  now: Date;
};

const day = 24 * 60 * 60 * 1000;

/** A key that ends within this is the operator's next move, and nobody waits for it yet. */
const keyEndsSoonMs = 30 * day;

const isAtWork = ({ stoppedAt, keys }: ClientWithKeys): boolean =>
  stoppedAt === undefined && keys.some(({ state }) => state === 'active');

const holding = ({ clients, settings }: Given, scope: string) => holdersOf(clients, settings.ownScopes, scope).holders;

const latest = (dates: readonly Date[], begin: Date): Date =>
  new Date(Math.max(begin.getTime(), ...dates.map((date) => date.getTime())));

/** Nobody can be asked: no client of ours holds a scope, or Maskinporten takes none that does. */
const without = (given: Given): ReadinessStep | undefined => {
  const lacking = given.scopes.filter((scope) => !holding(given, scope).some(isAtWork));
  if (lacking.length === 0) return undefined;
  const stopped = lacking
    .flatMap((scope) => holding(given, scope).map((client) => ({ ...client, scope })))
    .find(({ stoppedAt }) => stoppedAt !== undefined);
  const problem = stopped?.stoppedProblem && stoppedFor(stopped.stoppedProblem, scopesNamed(stopped.scope));
  return {
    step: 'client',
    state: 'missing',
    mover: 'operator',
    text: problem?.detail ?? `The operator lacks a Maskinporten client with a key for ${lacking.join(' and ')}`,
    reason: problem?.code ?? 'client-missing',
    link: given.settings.links.selfService,
    knownBy: stopped ? 'token' : 'client',
    blocks: true,
    since: stopped?.stoppedAt ?? given.begin,
  };
};

/** The client is there, and Maskinporten says it lacks the scope (MP-200) or is refused otherwise. */
const refused = ({ access, scopes, settings }: Given): ReadinessStep | undefined => {
  const met = access.find(({ name, ownProblem }) => ownProblem !== undefined && scopes.includes(name));
  if (!met?.ownProblem) return undefined;
  return {
    step: 'client',
    state: 'missing',
    mover: 'operator',
    text: met.ownProblem.detail,
    reason: met.ownProblem.code,
    link: settings.links.selfService,
    knownBy: 'token',
    blocks: true,
    ...(met.checkedAt ? { checkedAt: met.checkedAt } : {}),
    since: isTheirs(met.problem) && met.checkedAt ? met.checkedAt : met.since,
  };
};

/** Has the operator a client that holds all these scopes, and that Maskinporten takes? */
const clientStep = (given: Given): ReadinessStep => {
  const { scopes, access, begin } = given;
  const told = access.filter(({ name, checkedAt }) => checkedAt !== undefined && scopes.includes(name));
  const made = scopes.flatMap((scope) => {
    const [first] = holding(given, scope)
      .filter(isAtWork)
      .map(({ createdAt }) => createdAt);
    return first ? [first] : [];
  });
  return (
    without(given) ??
    refused(given) ?? {
      step: 'client',
      state: 'done',
      mover: 'nobody',
      text: 'The operator has Maskinporten clients for this service',
      knownBy: told.length > 0 ? 'token' : 'client',
      blocks: false,
      ...(told.length > 0
        ? {
            checkedAt: latest(
              told.map(({ checkedAt = begin }) => checkedAt),
              begin,
            ),
          }
        : {}),
      since: latest(made, begin),
    }
  );
};

/** Of the keys that sign for these scopes, the one that ends first. */
const keyStep = (given: Given): ReadinessStep => {
  const { scopes, settings, begin, now } = given;
  const keys = scopes.flatMap((scope) => {
    const client = holding(given, scope).find(isAtWork);
    const key = client && signingOrder(client.keys)[0];
    return key ? [{ key, scope }] : [];
  });
  const step = { step: 'client-key', knownBy: 'client', link: settings.links.selfService } as const;
  const [first] = keys
    .filter(({ key }) => key.expiresAt !== undefined)
    .toSorted((a, b) => (a.key.expiresAt?.getTime() ?? 0) - (b.key.expiresAt?.getTime() ?? 0));
  const ends = first?.key.expiresAt;
  if (keys.length < scopes.length)
    return {
      ...step,
      state: 'unknown',
      mover: 'nobody',
      text: 'There is no key to look at',
      blocks: true,
      since: begin,
    };
  if (!first || !ends || ends.getTime() - now.getTime() > keyEndsSoonMs) {
    const { link: _, ...rest } = step;
    const since = latest(
      keys.map(({ key }) => key.activeSince ?? key.createdAt),
      begin,
    );
    const text = 'The operator’s keys for this service are not near their end';
    return { ...rest, state: 'done', mover: 'nobody', text, blocks: false, since };
  }
  const isOver = ends <= now;
  const date = ends.toISOString().slice(0, 10);
  return {
    ...step,
    state: 'missing',
    mover: 'operator',
    text: `The operator’s key for ${first.scope} ${isOver ? 'ended' : 'ends'} on ${date}; another must take its place`,
    blocks: isOver,
    since: isOver ? ends : new Date(ends.getTime() - keyEndsSoonMs),
  };
};

/** What the operator must have in place itself. */
export const clientSteps = (given: Given): ReadinessStep[] => [clientStep(given), keyStep(given)];
