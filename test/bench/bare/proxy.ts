// Passes on what it is asked, to one place, with nothing but node:http and undici's own streaming, and sends the bytes that the
// hub sends: what no hub can beat. `GET /cpu` tells how many seconds of a processor it has used.
import { createServer, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { serve } from './serve.ts';

const [url = ''] = process.argv.slice(2);
const pool = new Pool(url, { connections: 256, allowH2: false });
/** As many bytes of head as an answer of the hub's has. */
const always = [
  ...['x-request-id', '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77', 'cache-control', 'no-store'],
  ...['x-content-type-options', 'nosniff', 'referrer-policy', 'no-referrer'],
  ...['cross-origin-resource-policy', 'same-origin', 'hub-service', 'ske-inntekt'],
  ...['content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox"],
];
const server = createServer((request, response) => {
  if (request.url === '/cpu') {
    const { user, system } = process.cpuUsage();
    response.end(String((user + system) / 1_000_000));
    return;
  }
  const { authorization = '', accept = '*/*' } = request.headers;
  const headers = { 'user-agent': 'bare', authorization, accept };
  pool
    .stream(
      { path: request.url ?? '/', method: 'GET', headers, opaque: response },
      ({ statusCode, headers: told, opaque }) => {
        const [type = '', length = ''] = [told['content-type'], told['content-length']].map(String);
        const head = [...always, 'content-type', type, 'content-length', length];
        return (opaque as ServerResponse).writeHead(statusCode, head);
      },
    )
    .catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
serve(server);
