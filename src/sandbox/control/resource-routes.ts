import type Router from '@koa/router';
import { z } from 'zod';
import type { Resource } from '../world.ts';
import { type Control, ControlRefused, Orgno, readControl } from './control.ts';

const Text = z.strictObject({ nb: z.string(), nn: z.string().optional(), en: z.string() });

const Body = z
  .strictObject({
    type: z.enum(['Consent', 'MaskinportenSchema']),
    title: Text,
    owner: z.strictObject({ orgno: Orgno, orgcode: z.string().min(1) }),
    accessListMode: z.enum(['Enabled', 'Disabled']),
    template: z.string().nullable(),
    text: Text.nullable(),
    metadata: z.array(z.string()),
    oneTime: z.boolean(),
    altinn2: z
      .string()
      .regex(/^\w+_\d+$/)
      .nullable(),
  })
  .partial();

/** What owners of resources do in the registry: each change is a new version, and bites at the next create. */
export const resourceRoutes = (router: Router, { altinn: { world } }: Control): void => {
  router.put('/sandbox/resources/:id', async (ctx) => {
    const identifier = ctx.params.id ?? '';
    const body = await readControl(ctx, Body);
    const known = world.resources.get(identifier);
    const fresh: Resource = {
      identifier,
      version: 0,
      type: 'Consent',
      title: { nb: identifier, en: identifier },
      owner: { orgno: world.operatorOrgno, orgcode: 'ttd' },
      accessListMode: 'Disabled',
      template: 'default',
      text: null,
      metadata: [],
      oneTime: false,
      scopes: [],
    };
    const change = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const resource = { ...fresh, ...known, ...change, version: (known?.version ?? 0) + 1 };
    world.resources.set(identifier, resource);
    ctx.body = resource;
  });
  router.delete('/sandbox/resources/:id', (ctx) => {
    if (!world.resources.delete(ctx.params.id ?? ''))
      throw new ControlRefused(404, 'resource-unknown', `No resource ${ctx.params.id}`);
    ctx.status = 204;
  });
};
