import { type KeptProblem, keptProblem, type Mover, type Problem } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import type { Settings } from '../ports.ts';

type Links = Pick<Settings, 'links'>;

/** Where whoever must act can do it. */
export const problemLink = ({ links }: Links, mover: Mover): { link?: string } => {
  if (mover === 'tenant') return { link: links.delegate };
  if (mover === 'api-owner') return { link: links.grant };
  return mover === 'operator' ? { link: links.selfService } : {};
};

/** A problem as it is kept and told, with the link for whoever must act. */
export const linkedProblem = (settings: Links, problem: Problem): KeptProblem => ({
  ...keptProblem(problem),
  ...problemLink(settings, problems[problem.code].mover),
});
