// Signs a webhook and posts it with undici, over and over, on so many connections: what no hub can beat.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'undici';

const [url = '', connections = '64', seconds = '3', bytes = '800'] = process.argv.slice(2);
const key = randomBytes(32);
const filler = 'x'.repeat(Number(bytes) - 60);
const pool = new Pool(url, { connections: Number(connections), allowH2: false });
let posted = 0;

const post = async (): Promise<void> => {
  const id = randomUUID();
  const at = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({ id, filler });
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  const response = await pool.request({
    method: 'POST',
    path: '/bare',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
  await response.body.dump();
  if (response.statusCode !== 204) throw new Error(`not 204 but ${response.statusCode}`);
  posted += 1;
};
const until = async (end: number): Promise<void> => {
  while (performance.now() < end) await post();
};
const during = (ms: number) => {
  const end = performance.now() + ms;
  return Promise.all(Array.from({ length: Number(connections) }, () => until(end)));
};

await during(500); // warm
posted = 0;
const startedAt = performance.now();
await during(Number(seconds) * 1000);
const perSecond = posted / ((performance.now() - startedAt) / 1000);
await pool.close();
process.stdout.write(`${JSON.stringify({ msg: 'ready', perSecond: String(perSecond) })}\n`);
