// A Koa route that reads a body as JSON and answers with as many bytes as the hub does: what no hub on Koa can beat.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import rawBody from 'raw-body';

const answer = 'x'.repeat(Number(process.argv[2] ?? 600));
const router = new Router();
router.post('/v1/consents', async (ctx) => {
  const asked = JSON.parse(await rawBody(ctx.req, { encoding: 'utf8' })) as { reference?: string };
  ctx.status = 202;
  ctx.body = { reference: asked.reference, answer };
});
const app = new Koa();
app.use(router.routes());
const server = createServer(app.callback());
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', url: `http://127.0.0.1:${port}` })}\n`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
