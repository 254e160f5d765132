import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

type Told = { type: string; data: { consent?: { id: string; status: string } } };

/** A bank's own small server: takes webhooks, checks their signatures, and shows its customers a page to come back to. */
export const openDemoReceiver = async () => {
  const told: { event: Told; at: number }[] = [];
  const waiting = new Set<() => void>();
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
        ) as Told;
        told.push({ event, at: performance.now() });
        for (const wake of waiting) wake();
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
    trust: (whsec: string) => {
      secret = whsec;
    },
    /** @throws Error when it does not come in time */
    async until(type: string, consentId: string, timeoutMs: number): Promise<{ event: Told; at: number }> {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const found = told.find(({ event }) => event.type === type && event.data.consent?.id === consentId);
        if (found) return found;
        const left = end - performance.now();
        if (left <= 0) throw new Error(`no webhook ${type} came within ${timeoutMs / 1000} seconds`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          waiting.add(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
