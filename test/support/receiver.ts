import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

export type Received = {
  headers: IncomingHttpHeaders;
  body: string;
  event: {
    id: string;
    type: string;
    sequence: number;
    timestamp: string;
    data: { consent?: Record<string, unknown> } & Record<string, unknown>;
  };
};

/** What a receiver answers: a status, or more than that. */
export type Reply = number | { status: number; headers?: Record<string, string>; body?: string };

/** A webhook endpoint of a tenant, and its site for browsers: keeps what it gets and answers as it is told. */
export const openReceiver = async () => {
  const received: Received[] = [];
  const visits: string[] = [];
  const answers: Reply[] = [];
  let usual: Reply = 204;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      visits.push(`${request.method} ${request.url}`);
      if (request.method !== 'POST') {
        response.setHeader('content-type', 'text/html').end('<title>Bank</title>back at the bank');
        return;
      }
      received.push({ headers: request.headers, body, event: JSON.parse(body) as Received['event'] });
      const next = answers.shift() ?? usual;
      const reply = typeof next === 'number' ? { status: next } : next;
      response.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    /** Method and address of each call, in order. */
    visits,
    /** What the next webhooks are answered; afterwards what is usual, at first 204. */
    answerWith: (...replies: Reply[]) => void answers.push(...replies),
    /** What webhooks are answered from now on, after those. */
    usuallyAnswer: (reply: Reply) => {
      usual = reply;
    },
    got: (type: string, consentId?: string): Promise<Received> =>
      until(`the webhook ${type}`, () =>
        received.find(
          ({ event }) => event.type === type && (consentId === undefined || event.data.consent?.['id'] === consentId),
        ),
      ),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export type Receiver = Awaited<ReturnType<typeof openReceiver>>;
