import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { compose, openDatabase } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import { openLog } from '../lib/log.ts';
import { hubsAtWork } from '../store/look-over.ts';
import { openDemoReceiver } from './demo-receiver.ts';
import { askForConsent, furnish, inTenDays, invite, placeOf, tellStory } from './demo-story.ts';
import { openNarrator } from './narrator.ts';
import { orSay, stopWanted } from './stop-signals.ts';

/** The usual port, or any free one where somebody else has it: two demos may run side by side. */
const freePort = (wanted: string | undefined, usual: number): Promise<string> =>
  wanted !== undefined && wanted !== ''
    ? Promise.resolve(wanted)
    : new Promise((resolve) => {
        const probe = createServer();
        probe.once('error', () => resolve('0'));
        probe.listen(usual, '127.0.0.1', () => probe.close(() => resolve(String(usual))));
      });

const environment = async (env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> => ({
  ...env,
  PORT: await freePort(env['PORT'], 3000),
  METRICS_PORT: await freePort(env['METRICS_PORT'], 9464),
  HUB_SANDBOX_PORT: await freePort(env['HUB_SANDBOX_PORT'], 3100),
  // The bank's own server runs on this machine; webhooks go to public addresses only unless told otherwise.
  HUB_EGRESS_ALLOW: env['HUB_EGRESS_ALLOW'] ?? '127.0.0.1/32,::1/128',
});

/**
 * A hub at work on the same database would do this one's work with its own sandbox, where nobody knows what was asked for here:
 * both stories would break off somewhere, with a word that misleads.
 */
const refuseBeside = async (config: Config, databaseUrl: string): Promise<void> => {
  if ((await hubsAtWork(databaseUrl)) === 0) return;
  const here = config.database.url === undefined ? config.directory : 'the database at DATABASE_URL';
  const other = config.database.url === undefined ? 'HUB_DIRECTORY=.hub-two npm run demo' : 'a DATABASE_URL of its own';
  throw new Error(
    `Another hub or demo is at work on ${here}. Stop that one first (Ctrl-C), or give this demo a place of its own: ${other}`,
  );
};

/** Everything on one machine, and a consent from request to verified webhook. `--once` ends after the story. */
export const demo = (words: string[]): Promise<number> =>
  orSay(async () => {
    loadConfig(process.env, 'sandbox'); // refuses production before the demo's own settings come in
    const config = loadConfig(await environment(process.env), 'all');
    if (config.environment !== 'sandbox' || !config.ownSandbox)
      throw new Error('The demo runs with its own sandbox only: leave HUB_ENVIRONMENT and MASKINPORTEN_ISSUER unset');
    mkdirSync(config.directory, { recursive: true, mode: 0o700 });
    const logFile = join(config.directory, 'demo.log');
    const log = openLog(config.logLevel, (line) => appendFileSync(logFile, line));
    const stopping = stopWanted();
    const tell = openNarrator();
    tell.title('samtykkehub: a bank’s consent, end to end');
    const receiver = await openDemoReceiver();
    try {
      const database = await openDatabase(config, log);
      const hub = await refuseBeside(config, database.url)
        .then(() => compose(config, 'all', { log }))
        .finally(database.close);
      try {
        const place = placeOf(hub);
        const store = config.database.url === undefined ? 'an embedded PostgreSQL' : 'PostgreSQL';
        tell.step(
          `${store}, the sandbox, API and workers are up (queues on ${hub.engine.name === 'redis' ? 'Redis' : 'PostgreSQL'} ${hub.engine.version})`,
        );
        const bank = await furnish(place, receiver, tell);
        await tellStory(place, bank, receiver, hub.clock.now(), tell);
        tell.say(`\nThe whole story took ${tell.elapsed()}.`);
        if (words.includes('--once')) return 0;

        const waiting = await askForConsent(place, bank, receiver, hub.clock.now());
        const invitation = await invite(place, receiver);
        tell.title('It stays up. Things to open:');
        tell.say(`  answer a consent yourself   ${String(waiting.body['approvalUrl'])}`);
        tell.say(`  get a third bank going      ${invitation}`);
        tell.say(`  the API, readable           ${place.url}/docs`);
        tell.say(`  every type of event         ${place.url}/docs/events`);
        tell.say(`  the sandbox                 ${place.sandboxUrl}/sandbox`);
        tell.say(`  metrics                     ${hub.metricsUrl}`);
        tell.say(`  the log                     ${logFile}`);
        tell.say('\n  and to try:');
        tell.say(`  HUB=${place.url} KEY=${bank.key} OPERATOR_KEY=${place.operatorKey}`);
        tell.say(`  DONE=${receiver.url}/done VALID_TO=${inTenDays(hub.clock.now())}`);
        tell.say('  curl -N -H "Authorization: Bearer $KEY" $HUB/v1/events/stream');
        tell.say('  curl -H "Authorization: Bearer $OPERATOR_KEY" $HUB/operator/v1/queues');
        tell.say('  (the README goes on with the same words: a consent, a token, webhooks)');
        tell.say('\nCtrl-C ends it; what was stored stays for the next time.');
        await stopping;
        return 0;
      } finally {
        await hub.close();
      }
    } catch (error) {
      tell.failed(error instanceof Error ? error.message : String(error));
      tell.say(`\nThe log may say more: ${logFile}`);
      return 1;
    } finally {
      await receiver.close();
    }
  });
