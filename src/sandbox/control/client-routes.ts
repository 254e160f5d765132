import type Router from '@koa/router';
import { z } from 'zod';
import { putKeys } from '../change-world.ts';
import type { Client } from '../world.ts';
import { type Control, ControlRefused, knownScope, Orgno, readControl } from './control.ts';

/** A public RSA key with a name. A private part is refused: nobody should get used to posting it. */
const Jwk = z.looseObject({
  kid: z.string().min(1),
  kty: z.literal('RSA'),
  n: z.string(),
  e: z.string(),
  d: z.undefined('A private key does not belong here').optional(),
});
const Jwks = z.strictObject({ keys: z.array(Jwk) });

const ClientBody = z.strictObject({
  clientId: z.string().min(1),
  orgno: Orgno.optional(),
  name: z.string().optional(),
  scopes: z.array(z.string()),
  jwks: Jwks.optional(),
  active: z.boolean().optional(),
  tokenLifeSeconds: z.number().int().positive().nullable().optional(),
});

export const clientView = ({ clientId, name, orgno, active, scopes, keys, tokenLifeSeconds }: Client) => ({
  clientId,
  name,
  orgno,
  active,
  scopes: [...scopes],
  keys: [...keys.values()].map(({ kid, postedAt }) => ({ kid, postedAt: postedAt.toISOString() })),
  tokenLifeSeconds,
});

/** Maskinporten clients, as one would keep them in Samarbeidsportalen. */
export const clientRoutes = (router: Router, control: Control): void => {
  const { world, clock } = control.altinn;

  const readClient = (clientId: string | undefined): Client => {
    const client = world.clients.get(clientId ?? '');
    if (!client) throw new ControlRefused(404, 'client-unknown', `No client ${clientId}`);
    return client;
  };

  router.post('/sandbox/clients', async (ctx) => {
    const body = await readControl(ctx, ClientBody);
    const known = world.clients.get(body.clientId);
    const client: Client = {
      clientId: body.clientId,
      name: body.name ?? known?.name ?? body.clientId,
      orgno: body.orgno ?? known?.orgno ?? world.operatorOrgno,
      active: body.active ?? true,
      scopes: new Set(body.scopes.map((scope) => knownScope(control.altinn, scope))),
      keys: known?.keys ?? new Map(),
      tokenLifeSeconds: body.tokenLifeSeconds === undefined ? (known?.tokenLifeSeconds ?? null) : body.tokenLifeSeconds,
      earlier: [],
      shown: known?.shown ?? { description: '', applicationType: 'web', created: clock.now(), updated: clock.now() },
    };
    if (body.jwks) putKeys(client, body.jwks.keys, clock.now());
    world.clients.set(client.clientId, client);
    ctx.status = known ? 200 : 201;
    ctx.body = clientView(client);
  });

  router.put('/sandbox/clients/:id/jwks', async (ctx) => {
    const client = readClient(ctx.params.id);
    putKeys(client, (await readControl(ctx, Jwks)).keys, clock.now());
    ctx.body = clientView(client);
  });

  router.put('/sandbox/clients/:id/keys/:kid', async (ctx) => {
    const client = readClient(ctx.params.id);
    const key = client.keys.get(ctx.params.kid ?? '');
    if (!key) throw new ControlRefused(404, 'key-unknown', `No key ${ctx.params.kid} on that client`);
    const { postedAt } = await readControl(ctx, z.strictObject({ postedAt: z.iso.datetime({ offset: true }) }));
    key.postedAt = new Date(postedAt);
    delete key.endsAt;
    ctx.body = clientView(client);
  });

  router.delete('/sandbox/clients/:id', (ctx) => {
    world.clients.delete(ctx.params.id ?? '');
    ctx.status = 204;
  });
};
