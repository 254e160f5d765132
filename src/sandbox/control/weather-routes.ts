import type Router from '@koa/router';
import { z } from 'zod';
import { callKinds } from '../exchange.ts';
import { type Control, ControlRefused, readControl } from './control.ts';

const when = z.enum(['before', 'after']);
const status = z.number().int().min(200).max(599);

const FaultBody = z.strictObject({
  on: z.enum([...callKinds, 'any']),
  times: z.number().int().min(1).default(1),
  fault: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0).max(600_000) }),
    z.strictObject({
      kind: z.literal('reset'),
      when: z.enum(['before', 'after', 'late']),
      lateMs: z.number().min(0).max(3_600_000).optional(),
    }),
    z.strictObject({
      kind: z.literal('status'),
      status,
      retryAfter: z.union([z.number(), z.string()]).transform(Number).optional(),
      body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    }),
    z.strictObject({ kind: z.literal('html'), status }),
    z.strictObject({ kind: z.literal('no-error-uri') }),
    z.strictObject({ kind: z.literal('hold'), when, name: z.string().regex(/^[\w-]+$/) }),
  ]),
});

const milliseconds = z.number().int().min(0);
const SettingsBody = z
  .strictObject({
    feedLagMs: milliseconds,
    keyPropagationMs: milliseconds,
    selfServiceDelaySeconds: z.number().min(0).max(3600),
    selfServiceTermsSigned: z.boolean(),
    grantMaxLifeSeconds: z.number().int().positive(),
    tokenLifeSeconds: z.number().int().positive(),
    clockSkewMs: z.number().int(),
    altinnLookupDown: z.boolean(),
    createdInFeed: z.boolean(),
    metadataCasing: z.enum(['metadata', 'metaData']),
    eventTypeCasing: z.enum(['pascal', 'lower']),
    landsWithinMs: milliseconds,
    altinn2ListLagMs: milliseconds,
    altinn2PageSize: z.number().int().positive(),
    altinn2TokenScopes: z.enum(['any', 'bare', 'suffixed']),
    altinn2Services: z.enum(['as-seen', 'array', 'commas']),
    altinn2Names: z.enum(['pascal', 'camel']),
    altinn2ErrorNames: z.enum(['ErrorMessage', 'errorDescription']),
    altinn2Offsets: z.boolean(),
    altinn2SigningKey: z.enum(['primary', 'secondary']),
    altinn2TokenLifeSeconds: z.number().int().positive(),
    rotateSigningKey: z.literal(true),
    rotateAltinn2Keys: z.literal(true),
  })
  .partial();

/** What happens to the sandbox itself: time, faults, settings, and the list of what it was sent. */
export const weatherRoutes = (router: Router, { altinn, altinn2, keys, faults, calls }: Control): void => {
  const { clock, settings } = altinn;

  router.get('/sandbox/clock', (ctx) => {
    ctx.body = { now: clock.now().toISOString() };
  });
  router.post('/sandbox/clock', async (ctx) => {
    const { advanceMs } = await readControl(ctx, z.strictObject({ advanceMs: z.number().int() }));
    clock.move(advanceMs);
    ctx.body = { now: clock.now().toISOString() };
  });

  router.post('/sandbox/faults', async (ctx) => {
    faults.plan(await readControl(ctx, FaultBody));
    ctx.status = 201;
    ctx.body = { planned: faults.planned() };
  });
  router.get('/sandbox/faults', (ctx) => {
    ctx.body = { planned: faults.planned() };
  });
  router.delete('/sandbox/faults', (ctx) => {
    faults.clear();
    ctx.status = 204;
  });

  router.get('/sandbox/holds', (ctx) => {
    ctx.body = { parked: faults.parked() };
  });
  router.get('/sandbox/holds/:name', async (ctx) => {
    const name = ctx.params.name ?? '';
    const waitMs = Math.min(Number(ctx.query.wait ?? 0) || 0, 60_000);
    if (!(await faults.whenParked(name, waitMs))) {
      throw new ControlRefused(408, 'nobody-parked', `No call is parked at ${name}`);
    }
    ctx.body = { parked: faults.parked().filter((call) => call.name === name) };
  });
  router.post('/sandbox/holds/:name/release', (ctx) => {
    ctx.body = { released: faults.release(ctx.params.name ?? '') };
  });

  router.get('/sandbox/calls', (ctx) => {
    const one = (name: string): string | undefined => [ctx.query[name]].flat()[0];
    ctx.body = calls.list({ on: one('on'), since: one('since') });
  });
  router.delete('/sandbox/calls', (ctx) => {
    calls.clear();
    ctx.status = 204;
  });
  router.post('/sandbox/calls/recording', async (ctx) => {
    const { on } = await readControl(ctx, z.strictObject({ on: z.boolean() }));
    calls.recordBodies(on);
    ctx.body = { on };
  });

  router.get('/sandbox/settings', (ctx) => {
    ctx.body = settings;
  });
  router.post('/sandbox/settings', async (ctx) => {
    const { rotateSigningKey, rotateAltinn2Keys, ...changes } = await readControl(ctx, SettingsBody);
    Object.assign(settings, changes);
    if (rotateSigningKey) await keys.rotate();
    if (rotateAltinn2Keys) altinn2.keys.rotate();
    ctx.body = settings;
  });
};
