import { type Access, delegationOf, grantOf, isTheirs, type Known } from '../../domain/access.ts';
import type { ProblemCode } from '../../domain/problem.ts';
import type { ReadinessStep, StepMover, StepName } from '../../domain/readiness.ts';
import type { Settings } from '../ports.ts';
import { problemLink } from './problem-link.ts';

type Given = { orgno: string; links: Settings['links']; begin: Date };
type Told = { state: Known; mover: StepMover; texts: Record<Known, string>; since?: Date | undefined };

/** A step that tokens tell of: it blocks until it is seen to be done. The link is there whenever something may have to be done. */
const tokenStep = (
  step: StepName,
  access: Access | undefined,
  { state, mover, texts, since }: Told,
  { links, begin }: Given,
): ReadinessStep => ({
  step,
  state,
  mover: state === 'missing' ? mover : 'nobody',
  text: texts[state],
  ...(state === 'missing' && access?.problem ? { reason: access.problem.code } : {}),
  ...(state === 'done' ? {} : problemLink({ links }, mover)),
  knownBy: 'token',
  blocks: state !== 'done',
  ...(access?.checkedAt ? { checkedAt: access.checkedAt } : {}),
  since: since ?? access?.since ?? begin,
});

const soon = (what: string): string => `${what}: a token that is asked for soon tells`;

/** Consent administration, and in Altinn 2 the consent tokens: everybody may have them granted, so mostly it hangs on the tenant. */
export const ownScopeStep = (
  step: 'consent-administration' | 'consent-tokens',
  access: Access | undefined,
  given: Given,
): ReadinessStep => {
  const what = step === 'consent-tokens' ? 'the consent tokens of Altinn 2' : '“API access to manage consents”';
  const { state: found = 'unknown', problem } = access ?? {};
  const state = found === 'granted' ? 'done' : isTheirs(problem) ? 'missing' : 'unknown';
  const texts = {
    done: `The tenant has delegated ${what} to the operator`,
    missing: problem?.detail ?? '',
    unknown: soon(`Whether the tenant has delegated ${what} to the operator`),
  };
  const mover = problem?.mover === 'api-owner' ? 'api-owner' : 'tenant';
  return tokenStep(step, access, { state, mover, texts }, given);
};

/** Two moves, in whichever order: the API's owner grants, the tenant delegates. Maskinporten tells of the second after the first. */
export const dataSteps = (scope: string, access: Access | undefined, given: Given): ReadinessStep[] => {
  const { orgno } = given;
  const known: Pick<Access, 'state' | 'problem'> = access ?? { state: 'unknown' };
  const grant = grantOf(known);
  const granted = {
    done: `Whoever owns ${scope} has granted it to organisation ${orgno}`,
    missing: known.problem?.detail ?? '',
    unknown: soon(`Whether the owner of ${scope} has granted it to organisation ${orgno}`),
  };
  const delegated = {
    done: `Organisation ${orgno} has delegated ${scope} to the operator`,
    missing: known.problem?.detail ?? '',
    unknown:
      grant === 'missing'
        ? `Whether organisation ${orgno} has delegated ${scope} to the operator shows once its owner has granted it; it may be delegated before`
        : soon(`Whether organisation ${orgno} has delegated ${scope} to the operator`),
  };
  return [
    tokenStep(
      'data-grant',
      access,
      { state: grant, mover: 'api-owner', texts: granted, since: access?.grantSince },
      given,
    ),
    tokenStep(
      'data-delegation',
      access,
      { state: delegationOf(known), mover: 'tenant', texts: delegated, since: access?.delegationSince },
      given,
    ),
  ];
};

/** Tried by consents alone: a request that nobody waits for would ask a person in vain. */
export const accessListStep = (access: Access | undefined, { links, begin }: Given): ReadinessStep => {
  const problem = access?.state === 'missing' ? access.problem : undefined;
  const mover = problem?.mover === 'tenant' || problem?.mover === 'operator' ? problem.mover : 'api-owner';
  const state = problem ? 'missing' : access?.state === 'granted' ? 'done' : 'unknown';
  const texts: Record<Known, string> = {
    done: 'The data source lets the tenant ask for this consent',
    missing: problem?.detail ?? '',
    unknown: 'Whether the data source lets the tenant ask for this consent shows at the first one',
  };
  const reason: { reason?: ProblemCode } = problem ? { reason: problem.code } : {};
  return {
    step: 'access-list',
    state,
    mover: state === 'missing' ? mover : 'nobody',
    text: texts[state],
    ...reason,
    ...(state === 'missing' ? problemLink({ links }, mover) : {}),
    knownBy: 'consent',
    blocks: state === 'missing',
    ...(access?.checkedAt ? { checkedAt: access.checkedAt } : {}),
    since: access?.since ?? begin,
  };
};
