import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { openTold } from './demo-told.ts';

type Event = { id: string; type: string; data: unknown };

/** A bank's own small server: takes webhooks, checks their signatures, and shows its customers a page to come back to. */
export const openDemoReceiver = async () => {
  const told = openTold('webhook');
  let secret: string | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST') {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(
          '<!doctype html><html lang="en"><title>Back at the bank</title><p>Back at the bank. You may close this page.</p></html>',
        );
        return;
      }
      try {
        if (secret === undefined) throw new Error('no secret yet');
        const event = new Webhook(secret).verify(
          Buffer.concat(chunks).toString(),
          request.headers as Record<string, string>,
        ) as Event;
        told.add(event, request.headers['hub-replay'] === 'true');
        response.statusCode = 204;
      } catch {
        response.statusCode = 401;
      }
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    until: told.until,
    trust: (whsec: string) => {
      secret = whsec;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
