import type { ReadBearer } from '../bearer.ts';
import type { Endpoint } from '../exchange.ts';
import { accessListEndpoints } from './access-lists/endpoints.ts';
import { createConsent } from './create-consent.ts';
import { consumersEndpoints } from './delegations/consumers.ts';
import { delegationLookup } from './delegations/look-up.ts';
import { eventFeed } from './feed.ts';
import { lookupEndpoint } from './look-up-consent.ts';
import { readConsent } from './read-consent.ts';
import { listResources, readResource } from './resource-registry.ts';
import type { Altinn3 } from './state.ts';

const requests = '/altinn3/accessmanagement/api/v1/enterprise/consentrequests';
const registry = '/altinn3/resourceregistry/api/v1/resource';

/** What machines may ask Altinn 3. The person's page is in `page/`. */
export const altinn3Endpoints = (altinn: Altinn3, readBearer: ReadBearer): Endpoint[] => {
  const { world } = altinn;
  return [
    { on: 'create', method: 'post', path: requests, handle: createConsent(altinn, readBearer) },
    { on: 'events', method: 'get', path: `${requests}/events`, handle: eventFeed(altinn, readBearer) },
    { on: 'get', method: 'get', path: `${requests}/:id`, handle: readConsent(altinn, readBearer) },
    {
      on: 'lookup',
      method: 'post',
      path: '/altinn3/accessmanagement/api/v1/maskinporten/consent/lookup',
      handle: lookupEndpoint(altinn, readBearer),
    },
    { on: 'registry', method: 'get', path: `${registry}/resourcelist`, handle: listResources(world) },
    { on: 'registry', method: 'get', path: `${registry}/search`, handle: listResources(world) },
    { on: 'registry', method: 'get', path: `${registry}/:id`, handle: readResource(world) },
    ...accessListEndpoints(altinn, readBearer),
    {
      on: 'delegations',
      method: 'get',
      path: '/altinn3/accessmanagement/api/v1/maskinporten/delegations',
      handle: delegationLookup(world, readBearer),
    },
    ...consumersEndpoints(altinn, readBearer),
  ];
};
