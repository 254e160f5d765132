import type { Mover } from '../../domain/problem.ts';
import type { Settings } from '../ports.ts';

/** Where whoever must act can do it. */
export const problemLink = ({ links }: Pick<Settings, 'links'>, mover: Mover): { link?: string } => {
  if (mover === 'tenant') return { link: links.delegate };
  if (mover === 'api-owner') return { link: links.grant };
  return mover === 'operator' ? { link: links.selfService } : {};
};
