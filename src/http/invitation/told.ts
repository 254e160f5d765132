import type { InvitationPage, InvitedService, InvitedStep } from '../../domain/invitation.ts';
import type { StepName } from '../../domain/readiness.ts';
import type { Names, Words } from './words/words.ts';

/** Sentences begin with a capital letter, whatever name they begin with. */
export const capital = (text: string): string => text.charAt(0).toLocaleUpperCase('nb') + text.slice(1);

const ownerOf = (words: Words, scope: string): string => {
  const [prefix = ''] = scope.split(':');
  return words.owners[prefix] ?? words.otherOwner(prefix);
};

export const operatorName = ({ operator }: InvitationPage, words: Words): string =>
  operator.name ?? words.orgno(operator.orgno);

/** Who is who where a step is told: the owner is that of what the step is about, or of the service's data. */
export const namesFor = (page: InvitationPage, words: Words, scope: string): Names => ({
  operator: operatorName(page, words),
  tenant: page.tenant.name,
  owner: ownerOf(words, scope),
});

export const serviceName = (words: Words, { service, dataScope }: InvitedService): string =>
  words.services[dataScope] ?? service;

export type ToldStep = {
  /** How it is marked, and in which words. */
  mark: InvitedStep['state'];
  state: string;
  title: string;
  why: string;
  /** Why it is missing. */
  because?: string;
  whose?: string;
  known: string;
};

/** A tenant's own choice, which nobody waits for. */
const optional = 'webhook';

/** Why it is missing: what was answered, or else what is still to be done. */
const becauseOf = (words: Words, { step, state, mover, reason }: InvitedStep) => {
  if (state !== 'missing') return undefined;
  const answered = reason && words.reasons[reason];
  const undone = reason === undefined ? words.missing[step] : undefined;
  return answered ?? undone ?? (mover === 'operator' ? () => words.operatorMends : undefined);
};

/** One step in the page's language; the English text of readiness itself is for developers. */
export const toldStep = (page: InvitationPage, words: Words, service: InvitedService, step: InvitedStep): ToldStep => {
  const names = namesFor(page, words, step.scopes[0] ?? service.dataScope);
  const { title, why, waiting } = words.steps[step.step];
  const isOptional = step.state === 'missing' && step.step === optional;
  const because = becauseOf(words, step)?.(names) ?? (step.state === 'unknown' ? waiting?.(names) : undefined);
  return {
    mark: isOptional ? 'unknown' : step.state,
    state: isOptional ? words.optional : words.states[step.state],
    title: capital(title(names)),
    why: capital(why(names)),
    ...(because ? { because: capital(because) } : {}),
    ...(step.state === 'missing' && !isOptional && step.mover !== 'nobody'
      ? { whose: capital(words.movers[step.mover](names)) }
      : {}),
    known: words.knownBy[step.knownBy](names),
  };
};

export type Delegation = { name: string; scopes: string[]; state: 'missing' | 'unknown' };

const delegable: readonly StepName[] = ['consent-administration', 'consent-tokens', 'data-delegation'];

/**
 * What the administrator has to delegate, each once: what is missing by its own hand, and what nobody has asked for yet. Where
 * the API owner has not let the tenant in, Maskinporten does not say whether it is delegated: it can be meanwhile.
 */
export const delegationsOf = ({ services }: InvitationPage, words: Words): Delegation[] => {
  const found = new Map<string, Delegation>();
  for (const service of services)
    for (const { step, state, mover, scopes } of service.steps) {
      if (state === 'done' || !delegable.includes(step) || mover === 'operator') continue;
      const name =
        step === 'data-delegation'
          ? serviceName(words, service)
          : step === 'consent-tokens'
            ? words.tokens
            : words.administration;
      const before = found.get(name);
      const isTheirs = (state === 'missing' && mover === 'tenant') || before?.state === 'missing';
      const all = [...new Set([...(before?.scopes ?? []), ...scopes])];
      found.set(name, { name, scopes: all, state: isTheirs ? 'missing' : 'unknown' });
    }
  return [...found.values()];
};

const isMissing = ({ state }: InvitedStep): boolean => state === 'missing';

/** In a sentence or two, whose move it is now. */
export const standingOf = (page: InvitationPage, words: Words): string[] => {
  const { services } = page;
  if (services.length === 0) return [capital(words.noServices(namesFor(page, words, '')))];
  if (services.every(({ ready }) => ready)) return [words.ready];
  const missing = services.flatMap((service) => service.steps.filter(isMissing).map((step) => ({ service, step })));
  const by = (mover: InvitedStep['mover']) => missing.filter(({ step }) => step.mover === mover);
  const theirs = new Set(
    by('tenant')
      .filter(({ step }) => step.step !== optional)
      .map(({ step }) => `${step.step} ${step.scopes.join(' ')}`),
  );
  const unasked = delegationsOf(page, words).some(({ state }) => state === 'unknown');
  const owners = by('api-owner').map(({ service, step }) =>
    words.left.others(namesFor(page, words, step.scopes[0] ?? service.dataScope)),
  );
  const operators = by('operator').map(() => words.left.operator(namesFor(page, words, '')));
  return [
    ...(theirs.size > 0 ? [words.left.tenant(theirs.size)] : unasked ? [] : [words.left.nothing]),
    ...new Set([...owners, ...operators].map(capital)),
  ];
};
