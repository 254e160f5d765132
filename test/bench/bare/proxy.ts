// Passes on what it is asked, to one place, with nothing but node:http and undici's own streaming: what no hub can beat.
import { createServer, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { serve } from './serve.ts';

const [url = ''] = process.argv.slice(2);
const pool = new Pool(url, { connections: 256, allowH2: false });
const server = createServer((request, response) => {
  const { authorization = '', accept = '*/*' } = request.headers;
  pool
    .stream(
      { path: request.url ?? '/', method: 'GET', headers: { authorization, accept }, opaque: response },
      ({ statusCode, headers, opaque }) => {
        const [type, length] = [headers['content-type'], headers['content-length']].map(String);
        return (opaque as ServerResponse).writeHead(statusCode, { 'content-type': type, 'content-length': length });
      },
    )
    .catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
serve(server);
