import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';

// A process as the hub is one, seen from its database: it starts, says the addresses, and leaves in one of several ways.

const log = { debug() {}, info() {}, warn() {}, error() {}, line() {}, child: () => log };
const [directory = ''] = process.argv.slice(2);
try {
  const { url, adminUrl, stop } = await startEmbeddedPostgres({ directory, log });
  const leave = () => void stop().then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, leave);
  process.on('SIGUSR2', () => {
    throw new Error('a fault nobody foresaw');
  });
  setInterval(() => {}, 60_000);
  process.stdout.write(`${JSON.stringify({ url, adminUrl })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
}
