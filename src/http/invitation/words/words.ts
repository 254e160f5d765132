import type { ProblemCode } from '../../../domain/problem.ts';
import type { ReadinessStep, StepName } from '../../../domain/readiness.ts';

/** Who is who in a sentence. `owner`: whoever owns the API that it is about. */
export type Names = { operator: string; tenant: string; owner: string };

type Sentence = (names: Names) => string;

/** `waiting`: said while nobody knows yet how it stands. */
type StepWords = { title: Sentence; why: Sentence; waiting?: Sentence };

/** All that the page says, in one language. What comes in is plain text, and so is what goes out. */
export type Words = {
  name: string;
  languageLabel: string;
  heading: Sentence;
  intro: readonly Sentence[];
  orgno: (orgno: string) => string;

  standing: string;
  ready: string;
  left: { tenant: (many: number) => string; others: Sentence; operator: Sentence; nothing: string };
  noServices: Sentence;
  check: string;
  checkNote: string;
  checkAgainAt: (time: string) => string;
  asOf: (time: string) => string;
  print: string;

  delegating: {
    heading: string;
    lead: Sentence;
    what: string;
    how: (names: Names & { operatorOrgno: string; tenantOrgno: string }) => readonly string[];
    open: string;
    who: Sentence;
    undo: Sentence;
    unknown: string;
    missing: string;
  };
  byServices: string;
  serviceReady: string;
  serviceWaits: string;
  states: Record<ReadinessStep['state'], string>;
  /** Missing, and nobody waits for it. */
  optional: string;
  whose: string;
  movers: { tenant: Sentence; 'api-owner': Sentence; operator: Sentence };
  since: (day: string) => string;
  checkedAt: (time: string) => string;
  /** How it is known. */
  knownBy: Record<ReadinessStep['knownBy'], Sentence>;
  scope: string;

  steps: Record<StepName, StepWords>;
  /** What the outside answered, where a step is missing. */
  reasons: Partial<Record<ProblemCode, Sentence>>;
  /** Where the operator has to mend something, and there is no more to say of it. */
  operatorMends: string;
  /** Where it is missing and nothing was answered: it was not asked for yet. */
  missing: Partial<Record<StepName, Sentence>>;

  /** By data scope; a service of another scope goes by its key. */
  services: Readonly<Record<string, string>>;
  /** By what a scope begins with. */
  owners: Readonly<Record<string, string>>;
  otherOwner: (prefix: string) => string;
  administration: string;
  tokens: string;

  until: (time: string) => string;
  private: string;
};

/** The page that says nothing: one and the same, whatever is the matter with a link. */
export type Refusals = {
  unknown: { heading: string; text: string };
  tooMany: { heading: string; text: string };
};
