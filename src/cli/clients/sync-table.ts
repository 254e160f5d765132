import type { ClientStep } from '../../domain/client-plan.ts';
import { scrub } from '../../lib/mask.ts';
import type { SyncRow } from '../../usecases/selfservice/sync-clients.ts';
import { count } from '../doctor/finding.ts';

const words: Record<ClientStep['do'], string> = {
  'make-client': 'make the client at Digdir, with',
  'take-client': 'take over the client that an earlier run made:',
  'make-key': 'make a key, and register it',
  'add-scopes': 'add the scopes',
  'remove-scopes': 'take away the scopes',
  'note-scopes': 'note here that its scopes are',
  'add-keys': 'register the key',
  'remove-keys': 'take away the retired key',
  'renew-keys': 'post anew, so that its year begins again, the key',
  'prune-keys': 'take away the key that the hub does not know',
};

type What = 'new' | 'changed' | 'unchanged' | 'refused';
const marks: Record<What, string> = { new: '+', changed: '~', unchanged: '=', refused: '✗' };

export const whatOf = ({ steps, problem }: SyncRow): What => {
  if (problem) return 'refused';
  if (steps.length === 0) return 'unchanged';
  return steps.some((step) => step.do === 'make-client' || step.do === 'take-client') ? 'new' : 'changed';
};

/** One client, as soon as it is known; what others wrote has nothing in it for the terminal to obey. */
export const rowText = (row: SyncRow): string => {
  const what = whatOf(row);
  const lines = [
    `${marks[what]} ${row.name} (${row.purpose})  ${what}${row.clientId === undefined ? '' : `  ${row.clientId}`}`,
    ...row.steps.map((step) => `    ${row.applied ? '✓ ' : ''}${words[step.do]} ${step.of.join(', ')}`.trimEnd()),
    ...(row.problem ? [`    ${row.problem.detail} (/problems/${row.problem.code})`] : []),
    ...row.notes.map((note) => `    · ${note}`),
  ];
  return scrub(`${lines.map((line) => line.replace(/\p{Cc}/gu, ' ')).join('\n')}\n`);
};

/** How it ends: for somebody who reads no more. */
export const verdict = (rows: readonly SyncRow[], isApplied: boolean): string => {
  const many = (what: What) => rows.filter((row) => whatOf(row) === what).length;
  const counts = `${many('new')} new, ${many('changed')} changed, ${many('unchanged')} unchanged, ${many('refused')} refused`;
  const owed = many('new') + many('changed');
  if (isApplied) return `\n${counts}. ${owed === 0 ? 'Nothing was done.' : 'Done.'}\n`;
  return `\n${counts}. ${owed === 0 ? 'There is nothing to do.' : `${count(owed, 'client waits', 'clients wait')} for --apply.`}\n`;
};
