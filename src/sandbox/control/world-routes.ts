import type Router from '@koa/router';
import { v7 } from 'uuid';
import { z } from 'zod';
import { maskPerson } from '../../lib/mask.ts';
import { addOrganization, addPerson, admit, delegate, grant, lastWord, onboard } from '../change-world.ts';
import { delegationKey, grantKey, type Scope } from '../world.ts';
import { requestSummary } from './altinn2-routes.ts';
import { clientView } from './client-routes.ts';
import { consentSummary } from './consent-routes.ts';
import {
  type Control,
  ControlRefused,
  knownScope,
  Orgno,
  orgnoParam,
  PersonNumber,
  readControl,
  scopeParam,
} from './control.ts';

const Organization = z.strictObject({
  orgno: Orgno,
  name: z.string().min(1),
  managers: z.array(PersonNumber).optional(),
  partyUuid: z.guid().optional(),
});
const Person = z.strictObject({
  id: PersonNumber,
  name: z.string().min(1).optional(),
  surname: z.string().min(1).optional(),
});
const Onboarding = z.strictObject({ orgno: Orgno, name: z.string().min(1), scopes: z.array(z.string()).optional() });
const ScopeBody = z.strictObject({
  owner: Orgno.optional(),
  atMaxAge: z.number().int().min(0).optional(),
  delegationSource: z.string().nullable().optional(),
  accessibleForAll: z.boolean().optional(),
  forMaskinporten: z.boolean().optional(),
});

const OwnerListBody = z.strictObject({ members: z.array(Orgno), resources: z.array(z.string()) });

const isDefined = ([, value]: [string, unknown]): boolean => value !== undefined;

/** Who exists, who may do what, and who changed his mind. Each change bites at the next token or create. */
export const worldRoutes = (router: Router, control: Control): void => {
  const { altinn } = control;
  const { world, clock } = altinn;

  const resourceParam = (id: string | undefined): string => {
    if (!world.resources.has(id ?? '')) throw new ControlRefused(404, 'resource-unknown', `No resource ${id}`);
    return id ?? '';
  };

  router.get('/sandbox/world', (ctx) => {
    ctx.body = {
      operatorOrgno: world.operatorOrgno,
      organizations: [...world.organizations.values()].map(({ orgno, name, managers }) => ({
        orgno,
        name,
        managers: [...managers].map(maskPerson),
      })),
      persons: [...world.persons.values()].map(({ id, name, surname }) => ({ id: maskPerson(id), name, surname })),
      resources: [...world.resources.values()],
      scopes: [...world.scopes.values()],
      clients: [...world.clients.values()].map(clientView),
      grants: [...world.grants].map((key) => {
        const [orgno, scope] = key.split(' ');
        return { orgno, scope };
      }),
      delegations: [...world.delegations].map(([key, at]) => {
        const [consumer, supplier, scope] = key.split(' ');
        return { consumer, supplier, scope, created: at.toISOString() };
      }),
      accessLists: Object.fromEntries([...world.accessLists].map(([resource, members]) => [resource, [...members]])),
      ownerLists: [...world.ownerLists].map(([name, { members, connections, version }]) => ({
        name,
        members: [...members.keys()],
        resources: [...connections.keys()],
        version,
      })),
      consents: [...altinn.consents.values()].map(consentSummary),
      altinn2: {
        services: [...world.services.values()],
        apiKeys: [...world.apiKeys.values()],
        srr: world.srr,
        requests: [...control.altinn2.requests.values()].map(requestSummary),
      },
      settings: altinn.settings,
    };
  });

  router.post('/sandbox/organizations', async (ctx) => {
    const { orgno, name, managers, partyUuid } = addOrganization(world, await readControl(ctx, Organization));
    ctx.status = 201;
    ctx.body = { orgno, name, managers: [...managers].map(maskPerson), partyUuid };
  });

  router.post('/sandbox/persons', async (ctx) => {
    const { id, name: given, surname } = await readControl(ctx, Person);
    const known = world.persons.get(id);
    const name = given ?? known?.name ?? `Syntetisk person ${world.persons.size + 1}`;
    const partyUuid = known?.partyUuid ?? v7();
    const registered = given === undefined ? known?.surname : undefined;
    const person = { id, name, partyUuid, surname: surname ?? registered ?? lastWord(name) };
    addPerson(world, person);
    ctx.status = 201;
    ctx.body = { id: maskPerson(id), name, surname: person.surname };
  });

  router.post('/sandbox/onboard', async (ctx) => {
    const body = await readControl(ctx, Onboarding);
    for (const scope of body.scopes ?? []) knownScope(altinn, scope);
    ctx.body = { orgno: body.orgno, name: body.name, scopes: onboard(world, body, clock.now()) };
  });

  router.put('/sandbox/scopes/:scope', async (ctx) => {
    const name = ctx.params.scope ?? '';
    const body = await readControl(ctx, ScopeBody);
    const known = world.scopes.get(name);
    const fresh: Scope = {
      name,
      owner: world.operatorOrgno,
      atMaxAge: 0,
      delegationSource: null,
      accessibleForAll: false,
      forMaskinporten: true,
    };
    const scope: Scope = { ...fresh, ...known, ...Object.fromEntries(Object.entries(body).filter(isDefined)) };
    world.scopes.set(name, scope);
    ctx.body = scope;
  });

  router.put('/sandbox/grants/:orgno/:scope', (ctx) => {
    grant(world, orgnoParam(ctx, 'orgno'), scopeParam(control, ctx));
    ctx.status = 204;
  });
  router.delete('/sandbox/grants/:orgno/:scope', (ctx) => {
    world.grants.delete(grantKey(orgnoParam(ctx, 'orgno'), scopeParam(control, ctx)));
    ctx.status = 204;
  });

  router.put('/sandbox/delegations/:consumer/:supplier/:scope', (ctx) => {
    const pair = { consumer: orgnoParam(ctx, 'consumer'), supplier: orgnoParam(ctx, 'supplier') };
    delegate(world, pair, scopeParam(control, ctx), clock.now());
    ctx.status = 204;
  });
  router.delete('/sandbox/delegations/:consumer/:supplier/:scope', (ctx) => {
    const key = delegationKey(orgnoParam(ctx, 'consumer'), orgnoParam(ctx, 'supplier'), scopeParam(control, ctx));
    world.delegations.delete(key);
    ctx.status = 204;
  });

  router.put('/sandbox/access-lists/:resource/:orgno', (ctx) => {
    admit(world, resourceParam(ctx.params.resource), orgnoParam(ctx, 'orgno'));
    ctx.status = 204;
  });
  router.delete('/sandbox/access-lists/:resource/:orgno', (ctx) => {
    world.accessLists.get(resourceParam(ctx.params.resource))?.delete(orgnoParam(ctx, 'orgno'));
    ctx.status = 204;
  });

  router.put('/sandbox/owner-lists/:owner/:identifier', async (ctx) => {
    const { owner = '', identifier = '' } = ctx.params;
    const { members, resources } = await readControl(ctx, OwnerListBody);
    const now = clock.now();
    const known = world.ownerLists.get(`${owner}/${identifier}`);
    const connected = { actionFilters: [], createdAt: now, updatedAt: now };
    world.ownerLists.set(`${owner}/${identifier}`, {
      owner,
      identifier,
      name: known?.name ?? identifier,
      description: known?.description ?? '',
      members: new Map(members.map((orgno) => [orgno, now])),
      connections: new Map(resources.map((resource) => [resourceParam(resource), connected])),
      version: (known?.version ?? 0) + 1,
      createdAt: known?.createdAt ?? now,
      updatedAt: now,
    });
    ctx.status = 204;
  });
};
