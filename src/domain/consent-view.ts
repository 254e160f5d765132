import type { Consent, ConsentView } from './consent.ts';
import type { KeptProblem } from './problem.ts';
import { problems } from './problems.ts';

/** A kept problem as it stands inside a consent or a readiness step. */
export const problemView = ({ code, detail, mover, link }: KeptProblem) => ({
  type: `/problems/${code}`,
  title: problems[code].title,
  detail,
  mover,
  link: link ?? null,
});

export const consentView = (consent: Consent): ConsentView => ({
  id: consent.id,
  status: consent.status,
  version: consent.version,
  from: consent.party.kind === 'person' ? { person: consent.party.masked } : { organization: consent.party.masked },
  rights: consent.rights,
  validTo: consent.validTo.toISOString(),
  redirectUrl: consent.redirectUrl,
  message: consent.message ?? null,
  reference: consent.reference ?? null,
  approvalUrl: consent.approvalUrl ?? null,
  createdAt: consent.createdAt.toISOString(),
  updatedAt: consent.updatedAt.toISOString(),
  upstream: consent.upstream ?? null,
  problem: consent.problem ? problemView(consent.problem) : null,
});
