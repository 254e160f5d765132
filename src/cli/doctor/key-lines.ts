import { X509Certificate } from 'node:crypto';
import { endOfRegistration, signsByCertificate } from '../../domain/client-keys.ts';
import { warnedAt } from '../../domain/key-warnings.ts';
import type { ClientWithKeys } from '../../usecases/memory.ts';
import { count, type Finding, note, ok, toldOf, wrong } from './finding.ts';

type Key = ClientWithKeys['keys'][number];

const dayMs = 24 * 60 * 60 * 1000;

/** What it goes by at Maskinporten. */
export const nameOf = ({ kid, id, certificateChain }: Key): string =>
  kid ?? (certificateChain.length > 0 ? `certificate (key ${id})` : `key ${id}`);

const endOf = (key: Key): Date => {
  const { expiresAt, certificateChain, registeredAt, createdAt } = key;
  const [leaf] = certificateChain;
  if (expiresAt) return expiresAt;
  if (signsByCertificate(key) && leaf !== undefined)
    return new Date(new X509Certificate(Buffer.from(leaf, 'base64')).validTo);
  return endOfRegistration(registeredAt ?? createdAt);
};

const activeLine = (key: Key, now: Date): Finding => {
  const age = Math.floor((now.getTime() - (key.registeredAt ?? key.createdAt).getTime()) / dayMs);
  const left = Math.floor((endOf(key).getTime() - now.getTime()) / dayMs);
  const ends = left < 0 ? `ended ${count(-left, 'day')} ago` : `ends in ${count(left, 'day')}`;
  const says = `${nameOf(key)} is active, ${count(age, 'day')} old, ${ends}`;
  if (left <= Math.min(...warnedAt))
    return { ...wrong('key', says, 'add another key and let it take over'), mover: 'operator' };
  return left <= Math.max(...warnedAt) ? note('key', says, 'add another key in time') : ok('key', says);
};

const keyLine = (key: Key, now: Date): Finding => {
  const { state, fault, problem } = key;
  if (fault !== undefined)
    return { ...wrong('key', `${nameOf(key)}: ${fault}`, 'add one that can be used'), mover: 'operator' };
  if (state === 'active') return activeLine(key, now);
  if (state === 'generating') return note('key', `${nameOf(key)}: a worker has yet to make or read it`);
  if (state === 'retiring') return ok('key', `${nameOf(key)} is retiring: there to fall back on`);
  const says = `${nameOf(key)} is pending: it signs once Maskinporten has taken it`;
  const refusal = problem ? `; at the last try: ${problem.detail}` : '';
  // The hub registers it by itself, once what stands in its way is gone.
  if (problem?.code.startsWith('selfservice-')) return note('key', `${says}${refusal}`, toldOf(problem.code));
  return note('key', `${says}${refusal}`, 'register its public part at Maskinporten: GET …/{id}/jwks.json');
};

/** The keys that sign, are to sign, or still could; those that are retired are no part of any path. */
export const keyLines = ({ keys }: ClientWithKeys, now: Date): Finding[] => {
  const alive = keys.filter(({ state }) => state !== 'retired');
  const lines = alive.map((key) => keyLine(key, now));
  if (alive.some(({ state }) => state === 'active')) return lines;
  const next = 'POST /operator/v1/maskinporten-clients/{id}/keys, and a worker must be running';
  return [...lines, { ...wrong('key', 'none is active', next), mover: 'operator' }];
};
