import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** `next` makes the bytes of a request; the answer's status must be this one. */
export type Load = {
  url: string;
  connections: number;
  seconds: number;
  status: number;
  next: (connection: number) => string;
};
export type Loaded = { perSecond: number; times: number[]; answered: number };

const endOfHead = '\r\n\r\n';

/**
 * One request after the other on each connection. A client of a few lines, since on two cores every microsecond that a
 * friendlier one spends is taken from the server that is measured: a head is read, and of a body its length. Reads answers with
 * Content-Length only.
 */
const converse = async (socket: Socket, { next, status }: Load, index: number, until: number): Promise<number[]> => {
  const times: number[] = [];
  let head = '';
  /** So many bytes of the body are still to come; undefined until its head is there. */
  let missing: number | undefined;
  let sentAt = 0;
  const send = () => {
    head = '';
    missing = undefined;
    sentAt = performance.now();
    socket.write(next(index));
  };
  /** What stands behind the head, in its bytes. @throws Error for an answer that does not count */
  const lengthBehind = (end: number): number => {
    const length = /\r\ncontent-length: (\d+)/i.exec(head.slice(0, end))?.[1];
    if (length === undefined) throw new Error(`an answer without length: ${head.slice(0, end)}`);
    if (!head.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`not ${status}: ${head}`);
    return end + endOfHead.length + Number(length) - head.length;
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server hung up')));
    socket.on('data', (chunk: Buffer) => {
      if (missing === undefined) {
        head += chunk.toString('latin1');
        const end = head.indexOf(endOfHead);
        if (end < 0) return;
        try {
          missing = lengthBehind(end);
        } catch (error) {
          reject(error);
          return;
        }
      } else missing -= chunk.length;
      if (missing > 0) return;
      const now = performance.now();
      times.push(now - sentAt);
      if (now < until) send();
      else resolve();
    });
    send();
  });
  socket.removeAllListeners('close');
  socket.destroy();
  return times;
};

/** @throws Error when an answer has another status: only what succeeded is counted */
export const load = async (ask: Load): Promise<Loaded> => {
  const { hostname, port } = new URL(ask.url);
  const sockets = Array.from({ length: ask.connections }, () => connect(Number(port), hostname).setNoDelay(true));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const startedAt = performance.now();
  const until = startedAt + ask.seconds * 1000;
  const times = (await Promise.all(sockets.map((socket, index) => converse(socket, ask, index, until)))).flat();
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: times.length / seconds, times, answered: times.length };
};

/** A POST of JSON as bytes; `headers` may differ from one request to the next. */
export const post = (url: string, headers: Record<string, string>, body: string): string => {
  const { host, pathname } = new URL(url);
  const all = {
    host,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
};
