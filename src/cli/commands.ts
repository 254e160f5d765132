import { clients } from './clients.ts';
import { consumers } from './consumers.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { listen } from './listen.ts';
import { migrateCommand } from './migrate.ts';
import { migrateConsents } from './migrate-consents.ts';
import { readiness } from './readiness.ts';
import { reseal } from './reseal.ts';
import { sandboxCommand, serve } from './serve.ts';
import { services } from './services.ts';
import { tenants } from './tenants.ts';
import { usage } from './usage-report.ts';

export type Command = {
  about: string;
  /** It knows these words and no others; unless said it reads its words itself. */
  knows?: readonly string[];
  run(words: string[]): Promise<number>;
};

const help: Command = {
  about: 'this list',
  async run() {
    const width = Math.max(...Object.keys(commands).map((name) => name.length));
    const lines = Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`);
    process.stdout.write(
      `hub <command>\n\n${lines.join('\n')}\n\nSettings come from the environment; the README lists them.\n`,
    );
    return 0;
  },
};

/** First word on the command line → what happens. Each answers the exit code. */
export const commands: Record<string, Command> = {
  api: { about: 'serve the tenant and operator APIs', knows: [], run: () => serve('api') },
  worker: { about: 'do the work that is owed: Maskinporten, Altinn, webhooks', knows: [], run: () => serve('worker') },
  all: { about: 'API and worker in one process, with the sandbox in development', knows: [], run: () => serve('all') },
  sandbox: {
    about: 'pretend Maskinporten, Altinn and a data source (never in production)',
    knows: [],
    run: sandboxCommand,
  },
  demo: {
    about: 'everything on one machine, and a consent from request to webhook (--once: end after it)',
    knows: ['--once'],
    run: demo,
  },
  migrate: { about: 'bring the database up to date', knows: [], run: migrateCommand },
  doctor: {
    about: 'what is wrong with configuration, database, queues or the outside, and what to do (--json: for machines)',
    run: doctor,
  },
  readiness: {
    about: 'what each tenant lacks for each of its services, and whose move it is (--json: for machines)',
    run: readiness,
  },
  listen: {
    about: 'print a tenant’s events as they come, and send them on to a local address (--forward)',
    run: listen,
  },
  services: {
    about: 'import: bring services into the catalogue, from the resource registry or from what comes with the hub',
    run: services,
  },
  clients: {
    about: 'sync: bring our Maskinporten clients, their scopes and keys in step at Digdir (a plan without --apply)',
    run: clients,
  },
  tenants: {
    about:
      'import: add and change tenants from a CSV (a plan without --apply); export, verify: a tenant as a signed archive',
    run: tenants,
  },
  consumers: {
    about: 'sync: keep who may use your own APIs in step with one list, in Maskinporten, on access lists and in SRR',
    run: consumers,
  },
  'migrate-consents': {
    about:
      'move a tenant’s consents of Altinn 2 to Altinn 3, where Altinn has moved them (--tenant; a plan without --apply)',
    run: migrateConsents,
  },
  usage: {
    about: 'what each tenant used in a month, for invoices (--month, or --from and --to; --csv)',
    run: usage,
  },
  reseal: { about: 'seal everything anew with the first of HUB_SEALING_KEYS', knows: [], run: reseal },
  help,
};
