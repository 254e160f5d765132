import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Received } from '../support/receiver.ts';
import { until } from '../support/until.ts';

type Held = { webhook: Received; end(how: 'answered' | 'hung up'): void };

/** A webhook endpoint that can take its time, or hang up when it has understood. */
export const openReceiver = async () => {
  const received: Received[] = [];
  const held: Held[] = [];
  let toHold = 0;
  let toHangUp = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST') return void response.end('back at the bank');
      const body = Buffer.concat(chunks).toString();
      const webhook: Received = { headers: request.headers, body, event: JSON.parse(body) };
      received.push(webhook);
      const end: Held['end'] = (how) => {
        if (how === 'hung up') request.socket.resetAndDestroy();
        else response.writeHead(204).end();
      };
      if (toHold > 0) {
        toHold -= 1;
        held.push({ webhook, end });
      } else if (toHangUp > 0) {
        toHangUp -= 1;
        end('hung up');
      } else end('answered');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const letGo = () => {
    toHold = 0;
    for (const { end } of held.splice(0)) end('answered');
  };
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    received,
    /** The next webhook is taken in and not answered. */
    holdNext: () => {
      toHold = 1;
    },
    holding: (): Promise<Received> => until('a webhook to be held', () => held[0]?.webhook),
    /** Answers what is held. */
    letGo,
    /** So many webhooks are taken in, and then no answer comes. */
    hangUp: (times: number) => {
      toHangUp = times;
    },
    close: () =>
      new Promise<void>((resolve) => {
        letGo();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export type Receiver = Awaited<ReturnType<typeof openReceiver>>;
