import { openDatabase } from '../compose.ts';
import { loadConfig } from '../config.ts';
import { openLog } from '../lib/log.ts';
import { sealingRing } from '../lib/seal.ts';
import { openKeys } from '../local-keys.ts';
import { resealAll } from '../store/reseal.ts';
import { orSay } from './stop-signals.ts';

/** Seals everything anew with the first key, while the hub runs. Afterwards the older keys can be taken out of the ring. */
export const reseal = (): Promise<number> =>
  orSay(async () => {
    const config = loadConfig(process.env, 'command');
    const keys = await openKeys(config, { openKeystore: false });
    if (keys.sealing.length === 0)
      throw new Error('The configuration is not usable:\n- HUB_SEALING_KEYS: is needed in production');
    const database = await openDatabase(config, openLog('warn'));
    try {
      const counts = await resealAll(database.url, sealingRing(keys.sealing));
      for (const { name, moved, left } of counts)
        process.stdout.write(`${name}: ${moved} sealed anew${left > 0 ? `, ${left} could not be opened` : ''}\n`);
      return counts.some(({ left }) => left > 0) ? 1 : 0;
    } finally {
      await database.close();
    }
  });
