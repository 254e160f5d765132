import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type Called = { status: number; body: Record<string, unknown> };

const endOfHead = '\r\n\r\n';

/** All answers of one connection, in the order of its requests; each must tell its length. */
const answersOf = (socket: Socket, many: number): Promise<Called[]> =>
  new Promise((resolve, reject) => {
    const answers: Called[] = [];
    let buffered = '';
    socket.setEncoding('utf8');
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`hung up after ${answers.length} of ${many} answers`)));
    socket.on('data', (chunk: string) => {
      buffered += chunk;
      for (let head = buffered.indexOf(endOfHead); head >= 0; head = buffered.indexOf(endOfHead)) {
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(buffered.slice(0, head))?.[1]);
        const from = head + endOfHead.length;
        if (Number.isNaN(length)) return reject(new Error(`an answer without length: ${buffered.slice(0, head)}`));
        if (buffered.length < from + length) return;
        answers.push({ status: Number(buffered.slice(9, 12)), body: JSON.parse(buffered.slice(from, from + length)) });
        buffered = buffered.slice(from + length);
      }
      if (answers.length === many) resolve(answers);
    });
  });

type Ask = { urls: readonly string[]; path: string; key: string; body: object; many: number };

/** Connections to each API; the requests of one follow each other without waiting for answers, and are worked on side by side. */
const socketsEach = 50;
/** Requests on each connection that are sent in one go. */
const inOneGo = 5;

/**
 * So many callers at once, the same number at each API: none waits for another's answer. They come in waves, each when every
 * API has taken in the one before: on a machine with much else to do, thousands in one turn of its event loop would hold that
 * up for longer than a database is waited for.
 */
export const openCallers = async ({ urls, path, key, body, many }: Ask) => {
  const text = JSON.stringify(body);
  const connections = urls.flatMap((url) => Array.from({ length: socketsEach }, () => new URL(url)));
  const each = many / connections.length;
  if (!Number.isInteger(each)) throw new Error(`${many} callers do not spread over ${connections.length} connections`);
  const opened = await Promise.all(
    connections.map(async ({ hostname, host, port }) => {
      const socket = connect(Number(port), hostname).setNoDelay(true);
      await once(socket, 'connect');
      const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n`;
      return { socket, request: head + text };
    }),
  );
  const answers = Promise.all(opened.map(({ socket }) => answersOf(socket, each))).finally(() => {
    for (const { socket } of opened) socket.removeAllListeners('close').destroy();
  });
  answers.catch(() => undefined);
  return {
    /** Resolves when all requests have been taken in. */
    async send(): Promise<void> {
      for (let sent = 0; sent < each; sent += inOneGo) {
        const go = Math.min(inOneGo, each - sent);
        for (const { socket, request } of opened) socket.write(request.repeat(go));
        await Promise.all(urls.map(async (url) => (await fetch(`${url}/healthz`)).arrayBuffer()));
      }
    },
    answers: async (): Promise<Called[]> => (await answers).flat(),
  };
};
