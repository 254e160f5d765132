import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { Event, Inbox } from './inbox.ts';

const mostBytes = 256 * 1024;
class TooLarge extends Error {}

/** The body as it came, byte by byte: signed is this, not what a JSON parser makes of it. */
const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

type Options = {
  /** `whsec_…`, shown once when the endpoint was made. While it is rotated either one verifies. */
  secret: string;
  inbox: Inbox;
  /** What is to be done about an event, after the hub has been answered. */
  work(event: Event): void;
};

/** Answers 204 as soon as an event is safe, and 401 to whatever the hub has not signed within the last five minutes. */
export const receiver = ({ secret, inbox, work }: Options): Server => {
  const webhook = new Webhook(secret);
  const statusOf = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== 'POST') return 405;
    const body = await bodyOf(request);
    const event = webhook.verify(body, request.headers as Record<string, string>) as Event;
    // `webhook-id` is the event's id: it comes again when our answer got lost, and when a replay was asked for.
    if (await inbox.add(event)) setImmediate(() => work(event));
    return 204;
  };
  return createServer((request, response) => {
    statusOf(request)
      .catch((error: unknown) => {
        if (error instanceof WebhookVerificationError) return 401;
        if (error instanceof TooLarge) return 413;
        console.error(error); // 500: the hub tries again
        return 500;
      })
      .then((status) => {
        if (status === 413) response.setHeader('connection', 'close');
        response.writeHead(status).end();
      });
  });
};
