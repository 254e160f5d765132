// A data source of a few lines: answers `/<bytes>/…` with so many bytes at once, whoever asks.
import { createServer } from 'node:http';
import { serve } from './serve.ts';

const answers = new Map<string, Buffer>();
const answerOf = (bytes: string): Buffer => {
  const known = answers.get(bytes) ?? Buffer.alloc(Number(bytes), 'x');
  answers.set(bytes, known);
  return known;
};
const server = createServer((request, response) => {
  const answer = answerOf(request.url?.split('/')[1] ?? '0');
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
});
server.keepAliveTimeout = 60_000;
serve(server);
