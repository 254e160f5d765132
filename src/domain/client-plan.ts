import { inSet, type ListedKey, type OurKey, planSet } from './key-set.ts';

/** A client of the operator's as it should be. One of purpose `admin` is kept in step too, and never made. */
export type WantedClient = { name: string; purpose: 'consents' | 'data' | 'admin'; scopes: string[] };

/** A client as Digdir keeps it. `whole` is all that it was answered as: a change sends it back. */
export type DigdirClient = {
  clientId: string;
  name: string;
  description: string;
  active: boolean;
  scopes: string[];
  whole: Record<string, unknown>;
};

/** A scope as the public catalogue has it. */
export type CataloguedScope = {
  name: string;
  active: boolean;
  /** Whether tokens of Maskinporten may carry it. */
  forMaskinporten: boolean;
  /** Where consumers delegate it; null: nowhere. */
  delegationSource: string | null;
  /** Longest life of a token with it, in seconds; 0: none set. */
  longestLife: number;
  accessibleForAll: boolean;
};

/** What is to be done with a client; `of` names the scopes or keys. */
export type ClientStep = {
  do:
    | 'make-client'
    | 'take-client'
    | 'make-key'
    | 'add-scopes'
    | 'remove-scopes'
    | 'note-scopes'
    | 'add-keys'
    | 'remove-keys'
    | 'renew-keys'
    | 'prune-keys';
  of: string[];
};

export type ClientPlan = {
  name: string;
  purpose: WantedClient['purpose'];
  clientId?: string;
  steps: ClientStep[];
  /** What should be known, and is nobody's to do here. */
  notes: string[];
  /** Why nothing can be done, or what was not. */
  problem?: { code: string; detail: string };
};

/** The hub's own client, where it has one. */
type Ours = { clientId: string; purpose: string; scopes: readonly string[]; keys: readonly OurKey[] };

type Situation = {
  wanted: WantedClient;
  ours?: Ours | undefined;
  theirs?: DigdirClient | undefined;
  set: readonly ListedKey[];
  prune: boolean;
};

const day = 24 * 60 * 60_000;
/** A key that ends that soon is posted anew. */
const renewBeforeMs = 30 * day;

/** What the hub writes on a client that it makes, so that one whose making was interrupted is known again. */
export const markOf = ({ name, purpose }: WantedClient): string => `samtykkehub: ${name} (${purpose})`;

const without = (some: readonly string[], others: readonly string[]): string[] =>
  some.filter((one) => !others.includes(one));

const step = (what: ClientStep['do'], of: readonly string[]): ClientStep[] =>
  of.length === 0 ? [] : [{ do: what, of: [...of] }];

/** Keys of ours whose year is nearly over. */
export const endingSoon = (keys: readonly OurKey[], set: readonly ListedKey[], now: Date): string[] =>
  keys.flatMap((key) => {
    const endsAt = key.state === 'retired' ? undefined : inSet(set, key)?.endsAt;
    return endsAt && key.kid !== undefined && endsAt.getTime() - now.getTime() <= renewBeforeMs ? [key.kid] : [];
  });

const isWaitedFor = ({ state }: OurKey): boolean => state !== 'retired';

const keySteps = ({ ours, set, prune }: Situation, now: Date): Pick<ClientPlan, 'steps' | 'notes'> => {
  const keys = ours?.keys ?? [];
  if (!keys.some(isWaitedFor)) return { steps: [{ do: 'make-key', of: [] }], notes: [] };
  const plan = planSet(keys, set, now, { whole: true, prune });
  const kids = (some: readonly OurKey[]) => some.flatMap(({ kid }) => kid ?? []);
  const isPruned = prune && plan.strangers.length > 0;
  return {
    steps: [
      ...step('add-keys', kids(plan.adds)),
      ...step('renew-keys', endingSoon(keys, set, now)),
      ...step('remove-keys', kids(plan.removes)),
      ...(isPruned ? step('prune-keys', plan.strangers) : []),
    ],
    notes: [
      ...(isPruned || plan.strangers.length === 0
        ? []
        : [`keys that the hub does not know stay: ${plan.strangers.join(', ')} (--prune)`]),
      ...(plan.byCertificate ? ['it signs by certificate: no key is registered beside it'] : []),
      ...(plan.isFull ? ['five keys are there already, and more may not be'] : []),
    ],
  };
};

/** Which steps lead from how a client is, here and at Digdir, to how it should be. */
export const planClient = (situation: Situation, now: Date): ClientPlan => {
  const { wanted, ours, theirs, prune } = situation;
  const { name, purpose } = wanted;
  const base = { name, purpose, ...(ours ? { clientId: ours.clientId } : theirs ? { clientId: theirs.clientId } : {}) };
  const refused = (code: string, detail: string): ClientPlan => ({
    ...base,
    steps: [],
    notes: [],
    problem: { code, detail },
  });
  if (ours && ours.purpose !== purpose)
    return refused('request-invalid', `here its purpose is ${ours.purpose}: name another client`);
  // Whether what opens the self-service API is shown there itself is not known.
  if (ours && !theirs && purpose === 'admin')
    return { ...base, steps: [], notes: ['Digdir does not show it: its keys are to be registered by hand'] };
  if (ours && !theirs)
    return refused('selfservice-refused', 'it is not among the operator’s own clients at Digdir, or closed there');
  const extra = theirs ? without(theirs.scopes, wanted.scopes) : [];
  const keys = keySteps(situation, now);
  return {
    ...base,
    steps: [
      ...(theirs ? [] : [{ do: 'make-client' as const, of: wanted.scopes }]),
      ...(theirs && !ours ? step('take-client', [theirs.clientId]) : []),
      ...(theirs ? step('add-scopes', without(wanted.scopes, theirs.scopes)) : []),
      ...(prune ? step('remove-scopes', extra) : []),
      ...(ours && [...wanted.scopes].sort().join(' ') !== [...ours.scopes].sort().join(' ')
        ? step('note-scopes', wanted.scopes)
        : []),
      ...keys.steps,
    ],
    notes: [
      ...(prune || extra.length === 0 ? [] : [`scopes beside those wanted stay: ${extra.join(', ')} (--prune)`]),
      ...keys.notes,
    ],
  };
};

const isAltinns = (source: string): boolean =>
  URL.canParse(source) && /(^|\.)altinn\.no$/.test(new URL(source).hostname);

/** How the operator itself stands with a scope; what its tenants were granted is told elsewhere. */
const states: Record<string, string> = {
  APPROVED: 'granted to the operator itself',
  REQUESTED: 'asked for, and not granted yet',
  DENIED: 'denied to the operator itself',
};

/** What the catalogue and the list of grants tell of a client's scopes: that they can be delegated, and how long tokens live. */
export const scopeNotes = (
  scopes: readonly string[],
  catalogue: readonly CataloguedScope[],
  granted: readonly { scope: string; state: string }[],
): string[] =>
  scopes.map((name) => {
    const found = catalogue.find((one) => one.name === name);
    const state = granted.find(({ scope }) => scope === name)?.state;
    const told = found
      ? [
          ...(found.active ? [] : ['is closed']),
          ...(found.forMaskinporten ? [] : ['is not for Maskinporten']),
          found.delegationSource === null
            ? 'cannot be delegated'
            : isAltinns(found.delegationSource)
              ? 'is delegated in Altinn'
              : `is delegated elsewhere, at ${found.delegationSource}`,
          ...(found.longestLife > 0 ? [`its tokens live ${found.longestLife} s at most`] : []),
          ...(found.accessibleForAll ? ['is open to all'] : []),
        ]
      : ['is not in the public catalogue'];
    return `${name}: ${[...told, ...(state === undefined ? [] : [states[state] ?? state])].join('; ')}`;
  });
