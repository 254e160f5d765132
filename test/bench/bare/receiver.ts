// A webhook receiver of a few lines: takes everything, and tells by `GET /arrived/<webhook-id>` when that one came.
import { createServer } from 'node:http';
import { serve } from './serve.ts';

const arrived = new Map<string, number>();
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    const at = arrived.get(request.url?.split('/').at(-1) ?? '');
    response.end(at === undefined ? '' : String(at));
    return;
  }
  arrived.set(String(request.headers['webhook-id']), performance.timeOrigin + performance.now());
  if (arrived.size > 10_000) arrived.delete(arrived.keys().next().value ?? '');
  request.resume();
  request.on('end', () => response.writeHead(204).end());
});
server.keepAliveTimeout = 60_000;
serve(server);
