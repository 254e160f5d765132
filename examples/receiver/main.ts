import type { AddressInfo } from 'node:net';
import { type Event, Inbox } from './inbox.ts';
import { receiver } from './receiver.ts';

const { WEBHOOK_SECRET: secret, PORT = '4000', INBOX = 'inbox.jsonl' } = process.env;
if (!secret) {
  console.error('Set WEBHOOK_SECRET to the secret that the hub showed when the endpoint was made (whsec_…).');
  process.exit(1);
}

/** What is known of each consent: the newest version counts, whatever order they come in. */
const consents = new Map<string, { version: number; status: string }>();

const work = ({ type, data: { consent } }: Event): void => {
  if (!consent) {
    console.log(type);
    return;
  }
  const { id, version, status } = consent;
  const known = consents.get(id);
  // Expiring and the like do not change it; what is older than what is known changes nothing any more.
  if (known && known.version >= version) {
    console.log(`${type} ${id} version ${version}: ${known.status} since version ${known.version}`);
    return;
  }
  consents.set(id, { version, status });
  console.log(`${type} ${id} version ${version}: ${known ? `${known.status} → ` : ''}${status}`);
};

const inbox = await Inbox.open(INBOX, work);
const server = receiver({ secret, inbox, work });
server.listen(Number(PORT), () => console.log(`Listening on port ${(server.address() as AddressInfo).port}`));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => process.exit(0)));
