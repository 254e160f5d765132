import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Endpoint, parseJson } from '../exchange.ts';
import { rememberFor } from '../spread.ts';
import type { Client, World } from '../world.ts';
import { SelfServiceRefused } from './refusals.ts';
import { guarded, ownClient, type SelfService } from './self-service.ts';

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A client of Maskinporten's. What else the real API keeps of clients is for people who log in. */
const Body = z.looseObject({
  client_id: z.string().min(1).optional(),
  integration_type: z.literal('maskinporten'),
  application_type: z.string().default('web'),
  client_name: z.string().min(1).max(255),
  description: z.string().max(255).default(''),
  token_endpoint_auth_method: z.literal('private_key_jwt'),
  grant_types: z.tuple([z.literal(jwtBearer)]),
  scopes: z.array(z.string()),
  access_token_lifetime: z.number().int().min(0).default(0),
  // A whole client is sent back without what only the server knows.
  created: z.undefined('must be left out').optional(),
  last_updated: z.undefined('must be left out').optional(),
});
type Body = z.infer<typeof Body>;

const readClient = (text: string, { scopes }: World): Body => {
  const read = Body.safeParse(parseJson(text));
  const faults = (read.error?.issues ?? []).map(({ path, message }) => ({
    field: path.join('.'),
    message: `${path.join('.')}: ${message}`,
  }));
  for (const name of read.data?.scopes ?? [])
    if (!scopes.get(name)?.forMaskinporten) faults.push({ field: 'scopes', message: `Invalid scope: ${name}` });
  if (!read.data || faults.length > 0)
    throw new SelfServiceRefused(400, 'bad_request', 'The client is not valid', faults);
  return read.data;
};

const viewOf = ({ clientId, name, orgno, active, scopes, tokenLifeSeconds, shown }: Client) => ({
  client_id: clientId,
  client_name: name,
  description: shown.description,
  application_type: shown.applicationType,
  integration_type: 'maskinporten',
  token_endpoint_auth_method: 'private_key_jwt',
  grant_types: [jwtBearer],
  scopes: [...scopes],
  client_orgno: orgno,
  supplier_orgno: null,
  active,
  created: shown.created.toISOString(),
  last_updated: shown.updated.toISOString(),
  access_token_lifetime: tokenLifeSeconds ?? 0,
  authorization_lifetime: 0,
});

const become = (client: Client, body: Body, now: Date): Client =>
  Object.assign(client, {
    name: body.client_name,
    scopes: new Set(body.scopes),
    tokenLifeSeconds: body.access_token_lifetime === 0 ? null : body.access_token_lifetime,
    shown: {
      ...client.shown,
      description: body.description,
      applicationType: body.application_type,
      updated: now,
    },
  });

/** One's own clients at Maskinporten. */
export const clientEndpoints = (selfService: SelfService): Endpoint[] => {
  const { world, settings, clock } = selfService;
  const endpoint = guarded(selfService);
  return [
    endpoint('get', '/clients', 'read', ({ query }, orgno) => ({
      status: 200,
      body: [...world.clients.values()]
        .filter((client) => client.orgno === orgno && (client.active || query.get('inactive') === 'true'))
        .map(viewOf),
    })),
    endpoint('post', '/clients', 'write', ({ body: text }, orgno) => {
      const body = readClient(text, world);
      const clientId = body.client_id ?? randomUUID();
      if (world.clients.has(clientId)) throw new SelfServiceRefused(409, 'conflict', `Client ${clientId} exists`);
      return {
        land() {
          const now = clock.now();
          const client: Client = {
            clientId,
            name: body.client_name,
            orgno,
            active: false,
            scopes: new Set(),
            keys: new Map(),
            tokenLifeSeconds: null,
            earlier: [],
            shown: { description: '', applicationType: 'web', created: now, updated: now },
          };
          rememberFor(client, settings, now);
          world.clients.set(clientId, Object.assign(become(client, body, now), { active: true }));
          return { status: 200, body: viewOf(client) };
        },
      };
    }),
    endpoint('get', '/clients/:id', 'read', ({ params }, orgno) => ({
      status: 200,
      body: viewOf(ownClient(world, orgno, params['id'])),
    })),
    endpoint('put', '/clients/:id', 'modify', ({ params, body: text }, orgno) => {
      const client = ownClient(world, orgno, params['id']);
      const body = readClient(text, world);
      return {
        land() {
          rememberFor(client, settings, clock.now());
          return { status: 200, body: viewOf(become(client, body, clock.now())) };
        },
      };
    }),
    endpoint('delete', '/clients/:id', 'write', ({ params }, orgno) => {
      const client = ownClient(world, orgno, params['id']);
      return {
        land() {
          rememberFor(client, settings, clock.now());
          client.active = false;
          return { status: 204 };
        },
      };
    }),
  ];
};
