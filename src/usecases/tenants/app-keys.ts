import { type AppKey, mostAppKeys } from '../../domain/api-key.ts';
import { type FieldFault, Problem } from '../../domain/problem.ts';
import { readAppKey } from '../../lib/app-key.ts';
import type { PublicKeysAsk } from '../app-verbs.ts';

const code = 'public-key-invalid';

/** Public keys as an app sent them. @throws Problem `public-key-invalid`, naming each that is at fault */
export const readAppKeys = async ({ keys: sent }: PublicKeysAsk): Promise<AppKey[]> => {
  const errors: FieldFault[] = [];
  const keys: AppKey[] = [];
  if (sent.length < 1 || sent.length > mostAppKeys)
    errors.push({ field: '/publicKeys/keys', code, detail: `must have 1 to ${mostAppKeys} entries` });
  for (const [place, jwk] of sent.slice(0, mostAppKeys).entries()) {
    const key = await readAppKey(jwk);
    const fault = 'fault' in key ? key.fault : keys.some(({ kid }) => kid === key.kid) && 'has the kid of another';
    if (fault) errors.push({ field: `/publicKeys/keys/${place}`, code, detail: fault });
    else if (!('fault' in key)) keys.push(key);
  }
  if (errors.length > 0)
    throw new Problem(code, errors.map(({ field, detail }) => `${field} ${detail}`).join('; '), { errors });
  return keys;
};
