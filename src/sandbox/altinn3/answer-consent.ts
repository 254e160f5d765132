import { microsOf } from '../instants.ts';
import { isPersonUrn, numberIn, personUrn } from './parties.ts';
import { type AltinnProblem, problem, validationError, validationProblem } from './problems.ts';
import type { Altinn3, Consent } from './state.ts';

export type Answer = 'accept' | 'reject' | 'revoke';

/**
 * May this person answer? For oneself always; for an organisation its managers; and if the request names who must
 * answer, nobody else.
 */
export const mayAnswer = ({ world }: Altinn3, consent: Consent, person: string): boolean => {
  if (consent.requiredDelegator !== null && consent.requiredDelegator !== personUrn(person)) return false;
  const giver = numberIn(consent.from);
  if (isPersonUrn(consent.from)) return giver === person;
  return world.organizations.get(giver)?.managers.has(person) ?? false;
};

const rules = {
  accept: { from: 'Created', to: 'Accepted', otherwise: 'AM-00002' },
  reject: { from: 'Created', to: 'Rejected', otherwise: 'AM-00015' },
  revoke: { from: 'Accepted', to: 'Revoked', otherwise: 'AM-00010' },
} as const;

/** A person's answer. Giving the same one again does no harm and leaves no trace. */
export const answerConsent = (
  altinn: Altinn3,
  id: string,
  answer: Answer,
  person: string,
): { consent: Consent } | { refused: AltinnProblem } => {
  const consent = altinn.consents.get(id);
  if (!consent) return { refused: problem('AM-00001') };
  if (!mayAnswer(altinn, consent, person)) return { refused: problem('AM-00000') };
  const { from, to, otherwise } = rules[answer];
  if (consent.status === to) return { consent };
  if (consent.status !== from) return { refused: problem(otherwise) };
  // A rejection is still taken after `validTo`, an acceptance is not.
  if (answer === 'accept' && consent.validTo <= microsOf(altinn.clock.now())) {
    return { refused: validationProblem([validationError('AM.VLD-00022', 'ValidTo')]) };
  }
  consent.status = to;
  const { created } = altinn.record(consent, to, personUrn(person));
  if (answer === 'accept') consent.consented = created;
  return { consent };
};
