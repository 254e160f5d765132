import { z } from 'zod';
import type { ReadBearer } from '../../bearer.ts';
import { type Ask, type Endpoint, parseJson, type Reply } from '../../exchange.ts';
import type { OwnerList } from '../../world.ts';
import { bindingRefusal, forbidden, registryRefusal } from '../problems.ts';
import type { Altinn3 } from '../state.ts';
import { codesOf, ownerReader } from './caller.ts';
import { conditionRefusal, pageOf, versionHeaders } from './conditions.ts';
import { type MembersMove, memberViews, moveMembers } from './members.ts';

const path = '/altinn3/resourceregistry/api/v1/access-lists/:owner';
const one = `${path}/:identifier`;

const ListBody = z.object({ name: z.string().min(1), description: z.string().nullish() });
const ConnectionBody = z.object({ actionFilters: z.array(z.string().min(1)).nullish() });

const infoView = ({ owner, identifier, name, description, createdAt, updatedAt }: OwnerList) => ({
  urn: `urn:altinn:access-list:${owner}:${identifier}`,
  identifier,
  name,
  description,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

const connectionViews = ({ connections }: OwnerList) =>
  [...connections].map(([resourceIdentifier, { actionFilters, createdAt, updatedAt }]) => ({
    resourceIdentifier,
    actionFilters,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }));

/** `…/resourceregistry/api/v1/access-lists`: lists of organisations that may use the resources a list is connected to. */
export const accessListEndpoints = (altinn: Altinn3, readBearer: ReadBearer): Endpoint[] => {
  const { world, clock, baseUrl } = altinn;
  const lists = world.ownerLists;
  const readOwner = ownerReader(world, readBearer);

  type Found = { owner: string; orgno: string; key: string; list: OwnerList | undefined };
  /** Whose list, and does it stand as the caller thinks? */
  const found = async (ask: Ask, kind: 'read' | 'write'): Promise<Found | { refused: Reply }> => {
    const caller = await readOwner(ask, kind);
    if ('refused' in caller) return caller;
    const key = `${caller.owner}/${ask.params.identifier}`;
    const list = lists.get(key);
    const refused = conditionRefusal(ask, list);
    return refused ? { refused } : { ...caller, key, list };
  };
  const answer = (list: OwnerList, body: object): Reply => ({ status: 200, headers: versionHeaders(list), body });
  const touch = (list: OwnerList): void => {
    list.version += 1;
    list.updatedAt = clock.now();
  };
  const paged = (ask: Ask, list: OwnerList, items: readonly object[]): Reply => {
    const paging = pageOf(ask, list, items, baseUrl);
    if ('refused' in paging) return paging.refused;
    return answer(list, { links: paging.next === undefined ? {} : { next: paging.next }, data: paging.page });
  };
  const onList =
    (kind: 'read' | 'write', handle: (list: OwnerList, ask: Ask, caller: Found) => Reply) =>
    async (ask: Ask): Promise<Reply> => {
      const caller = await found(ask, kind);
      if ('refused' in caller) return caller.refused;
      return caller.list ? handle(caller.list, ask, caller) : { status: 404 };
    };
  const members = (move: MembersMove) =>
    onList('write', (list, ask) => {
      const moved = moveMembers(world, list, move, ask.body, clock.now());
      if ('refused' in moved) return moved.refused;
      if (moved.changed) touch(list);
      return paged({ ...ask, query: new URLSearchParams() }, list, memberViews(world, list));
    });

  return [
    {
      on: 'access-lists',
      method: 'get',
      path,
      handle: async (ask) => {
        const caller = await readOwner(ask, 'read');
        if ('refused' in caller) return caller.refused;
        const own = [...lists.values()].filter(({ owner }) => owner === caller.owner);
        return { status: 200, body: { links: {}, data: own.map(infoView) } };
      },
    },
    { on: 'access-lists', method: 'get', path: one, handle: onList('read', (list) => answer(list, infoView(list))) },
    {
      on: 'access-lists',
      method: 'put',
      path: one,
      handle: async (ask) => {
        const caller = await found(ask, 'write');
        if ('refused' in caller) return caller.refused;
        const body = ListBody.safeParse(parseJson(ask.body));
        if (!body.success) return bindingRefusal({ Name: ['The Name field is required.'] });
        const now = clock.now();
        const { name, description } = body.data;
        const list: OwnerList = caller.list ?? {
          owner: caller.owner,
          identifier: ask.params.identifier ?? '',
          name,
          description: '',
          members: new Map(),
          connections: new Map(),
          version: 0,
          createdAt: now,
          updatedAt: now,
        };
        Object.assign(list, { name, description: description ?? '' });
        touch(list);
        lists.set(caller.key, list);
        return answer(list, infoView(list));
      },
    },
    {
      on: 'access-lists',
      method: 'delete',
      path: one,
      handle: async (ask) => {
        const caller = await found(ask, 'write');
        if ('refused' in caller) return caller.refused;
        if (!caller.list) return { status: 204 };
        lists.delete(caller.key);
        return answer(caller.list, infoView(caller.list));
      },
    },
    {
      on: 'access-lists',
      method: 'get',
      path: `${one}/members`,
      handle: onList('read', (list, ask) => paged(ask, list, memberViews(world, list))),
    },
    { on: 'access-lists', method: 'put', path: `${one}/members`, handle: members('replace') },
    { on: 'access-lists', method: 'post', path: `${one}/members`, handle: members('add') },
    { on: 'access-lists', method: 'delete', path: `${one}/members`, handle: members('remove') },
    {
      on: 'access-lists',
      method: 'get',
      path: `${one}/resource-connections`,
      handle: onList('read', (list, ask) => paged(ask, list, connectionViews(list))),
    },
    {
      on: 'access-lists',
      method: 'put',
      path: `${one}/resource-connections/:resource`,
      handle: onList('write', (list, ask, { orgno }) => {
        const resource = world.resources.get(ask.params.resource ?? '');
        if (!resource) return registryRefusal('RR-00002');
        if (!codesOf(world, orgno).has(resource.owner.orgcode.toLowerCase())) return forbidden();
        const body = ConnectionBody.safeParse(parseJson(ask.body));
        if (!body.success) return bindingRefusal({ actionFilters: ['The value is not valid.'] });
        const now = clock.now();
        const createdAt = list.connections.get(resource.identifier)?.createdAt ?? now;
        const actionFilters = body.data.actionFilters ?? [];
        list.connections.set(resource.identifier, { actionFilters, createdAt, updatedAt: now });
        touch(list);
        return answer(list, { resourceIdentifier: resource.identifier, actionFilters });
      }),
    },
    {
      on: 'access-lists',
      method: 'delete',
      path: `${one}/resource-connections/:resource`,
      handle: onList('write', (list, ask) => {
        const resourceIdentifier = ask.params.resource ?? '';
        if (!list.connections.delete(resourceIdentifier)) return { status: 204 };
        touch(list);
        return answer(list, { resourceIdentifier });
      }),
    },
  ];
};
