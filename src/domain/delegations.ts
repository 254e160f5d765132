import type { Access } from './access.ts';
import { scopesNamed } from './token.ts';

/** By scope, which of our tenants (organisation numbers) had delegated it when it was last looked. */
export type Seen = Record<string, readonly string[]>;

/** What looking again tells of one tenant's access to a scope, or to several by their name. */
type Told = 'delegated' | 'gone' | undefined;

const stands = (seen: Seen, name: string, orgno: string): boolean | undefined => {
  const lists = scopesNamed(name).map((scope) => seen[scope]);
  return lists.every((list) => list !== undefined) ? lists.every((list) => list.includes(orgno)) : undefined;
};

/**
 * Is there something to find out? Only where the list has changed since, or was never looked at, and says otherwise than what
 * the hub knows: a delegation without a grant would else be asked about for ever.
 */
export const toldOf = (
  { name, orgno, access }: { name: string; orgno: string; access: Pick<Access, 'state' | 'problem'> | undefined },
  before: Seen,
  now: Seen,
): Told => {
  const is = stands(now, name, orgno);
  if (is === undefined || is === stands(before, name, orgno)) return undefined;
  const state = access?.state ?? 'unknown';
  if (!is) return state === 'granted' ? 'gone' : undefined;
  return state === 'granted' || access?.problem?.code === 'access-not-granted' ? undefined : 'delegated';
};
