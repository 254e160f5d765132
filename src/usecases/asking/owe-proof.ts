import { Problem } from '../../domain/problem.ts';
import { linkedProblem } from '../access/problem-link.ts';
import type { Ports, Settings } from '../ports.ts';
import type { TenantRows } from '../store-port.ts';

type Parts = Pick<Ports, 'clock' | 'ids'> & { settings: Pick<Settings, 'links'> };

const words = {
  'access-not-delegated': 'Altinn shows no delegation any more.',
  'access-not-granted': 'The API’s owner has taken the grant back.',
} as const;

/**
 * Others say that access to a scope has come, or has gone: a token is asked for, which proves it. Where it has gone (`without`: why) those at
 * hand prove nothing any more, and are forgotten first.
 */
export const oweProof =
  ({ clock, ids, settings }: Parts) =>
  async (rows: TenantRows, name: string, dueAt: Date, without?: keyof typeof words): Promise<void> => {
    const now = clock.now();
    const access = await rows.access.ensure('scope', name, ids.uuid(), now);
    // Believed until now, that is, by nobody: the probe asks at once.
    if (without)
      await rows.tokens.dropOfScope(name, linkedProblem(settings, new Problem(without, words[without])), now);
    await rows.outbox.owe('probe-access', access.id, dueAt, now);
  };
