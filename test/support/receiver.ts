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

/** A webhook endpoint of a tenant: keeps what it gets and answers as it is told. */
export const openReceiver = async () => {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      if (request.method === 'POST')
        received.push({ headers: request.headers, body, event: JSON.parse(body) as Received['event'] });
      response.statusCode = answers.shift() ?? 204;
      response.end(request.method === 'POST' ? '' : 'back at the bank');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    /** Statuses for the next calls; afterwards 204. */
    answerWith: (...statuses: number[]) => void answers.push(...statuses),
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
