import { keptLives } from '../../domain/client-scopes.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { Parts } from '../memory.ts';

const patienceMs = 15_000;

/**
 * Keeps what the public catalogue says of our clients' scopes, so that no API process has to ask for it. It is worth a
 * warning and no more: a catalogue that cannot be read changes nothing, and is read again the next time.
 */
export const learnLives =
  ({
    clock,
    store,
    log,
    memories,
    settings,
    scopeCatalogue,
  }: Pick<Parts, 'clock' | 'store' | 'log' | 'memories' | 'settings' | 'scopeCatalogue'>) =>
  async (signal: AbortSignal): Promise<void> => {
    const held = (await memories.clients()).flatMap(({ scopes }) => scopes);
    const scopes = [...new Set([...scopesNamed(settings.ownScopes), ...held])].sort();
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
      const lives = await scopeCatalogue.longestLives(scopes, patience);
      await store.asOperator((rows) => rows.known.keep(keptLives, lives, clock.now()));
    } catch (error) {
      log.info({ error }, 'the catalogue of scopes was not read; the next tidying tries again');
    }
  };
