import { compose, openSandbox } from '../compose.ts';
import { loadConfig } from '../config.ts';
import { movableClock } from '../lib/clock.ts';
import { openLog } from '../lib/log.ts';
import { orSay, stopWanted } from './stop-signals.ts';

/** However long something takes to finish: after this a process that was asked to stop stops. */
const shutdownMs = 25_000;

const until = async (close: () => Promise<void>): Promise<number> => {
  const signal = await stopWanted();
  const forced = setTimeout(() => process.exit(1), shutdownMs);
  forced.unref();
  // A second Ctrl-C means it; the same one may arrive twice, from the terminal and from whoever started us.
  const stoppedAt = performance.now();
  for (const again of ['SIGINT', 'SIGTERM'] as const)
    process.on(again, () => {
      if (performance.now() - stoppedAt > 1000) process.exit(1);
    });
  await close();
  clearTimeout(forced);
  return signal === 'SIGHUP' ? 1 : 0;
};

/** Runs a role until a signal stops it. */
export const serve = (role: 'api' | 'worker' | 'all'): Promise<number> =>
  orSay(async () => {
    const config = loadConfig(process.env, role);
    const log = openLog(config.logLevel);
    const stopping = stopWanted();
    const starting = compose(config, role, { log });
    const hub = await Promise.race([starting, stopping]);
    if (typeof hub === 'string') {
      await starting.then((late) => late.close()).catch(() => undefined);
      return 0;
    }
    const { url, metricsUrl, sandboxUrl, engine } = hub;
    log.info({ role, url, metricsUrl, sandboxUrl, engine, environment: config.environment }, 'ready');
    return until(hub.close);
  });

export const sandboxCommand = (): Promise<number> =>
  orSay(async () => {
    const config = loadConfig(process.env, 'sandbox');
    const log = openLog(config.logLevel);
    const sandbox = await openSandbox(config, movableClock(), log);
    log.info({ url: sandbox.url }, 'ready');
    return until(sandbox.close);
  });
