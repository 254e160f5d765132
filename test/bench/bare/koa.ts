// A Koa route that reads a body as JSON and answers with as many bytes as the hub does: what no hub on Koa can beat. With a
// key, it looks at the header as the hub must: by the key's digest.
import { hash } from 'node:crypto';
import { createServer } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import rawBody from 'raw-body';
import { serve } from './serve.ts';

const [path = '/', status = '200', bytes = '600', key] = process.argv.slice(2);
const answer = 'x'.repeat(Number(bytes));
const callers = new Map(key === undefined ? [] : [[hash('sha256', key), 'somebody']]);
const router = new Router();
router.post(path, async (ctx) => {
  if (key !== undefined) {
    const shown = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(ctx.get('authorization'))?.[1] ?? '';
    if (!callers.has(hash('sha256', shown))) ctx.throw(401);
  }
  const asked = JSON.parse(await rawBody(ctx.req, { encoding: 'utf8' })) as { reference?: string };
  ctx.status = Number(status);
  ctx.body = { reference: asked.reference, answer };
});
const app = new Koa();
app.use(router.routes());
const server = createServer(app.callback());
serve(server);
