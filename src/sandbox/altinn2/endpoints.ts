import type { ReadBearer } from '../bearer.ts';
import type { Endpoint } from '../exchange.ts';
import { callerReader } from './caller.ts';
import { giveBack, giveToken, logUse } from './consent-token.ts';
import { createRequest } from './create-request.ts';
import { delegationRequests } from './delegation-requests.ts';
import { listConsents } from './owner-consents.ts';
import { listRequests, readRequest, withdrawRequest } from './read-requests.ts';
import { rightsRegister } from './rights-register.ts';
import type { Altinn2 } from './state.ts';

/** Singular and plural are both in the documents; the router does not look at case. */
const requests = '/altinn2/api/consentRequest{s}';
const token = '/altinn2/api/authorization/token';
const owner = '/altinn2/api/serviceowner';
const access = '/altinn2/api/DelegationRequests';

/** What machines may ask Altinn 2. The person's page is in `page/`. */
export const altinn2Endpoints = (altinn: Altinn2, readBearer: ReadBearer): Endpoint[] => {
  const identify = callerReader(altinn, readBearer);
  const register = rightsRegister(altinn, identify);
  const asking = delegationRequests(altinn, identify);
  const jwks_uri = `${altinn.baseUrl}api/metadata/jwk`;
  const cached = { 'cache-control': 'public, max-age=86400' };
  return [
    { on: 'altinn2-create', method: 'post', path: requests, handle: createRequest(altinn, identify) },
    { on: 'altinn2-list', method: 'get', path: requests, handle: listRequests(altinn, identify) },
    { on: 'altinn2-get', method: 'get', path: `${requests}/:code`, handle: readRequest(altinn, identify) },
    { on: 'altinn2-withdraw', method: 'delete', path: `${requests}/:code`, handle: withdrawRequest(altinn, identify) },
    { on: 'altinn2-token', method: 'get', path: `${token}{/:code}`, handle: giveToken(altinn, identify) },
    { on: 'altinn2-give-back', method: 'delete', path: `${token}{/:code}`, handle: giveBack(altinn, identify) },
    { on: 'altinn2-log-use', method: 'post', path: `${token}/:code/loguse`, handle: logUse(altinn, identify) },
    {
      on: 'altinn2-jwk',
      method: 'get',
      path: '/altinn2/api/metadata/jwk',
      handle: async () => ({ status: 200, headers: cached, body: await altinn.keys.jwks() }),
    },
    {
      on: 'altinn2-jwk',
      method: 'get',
      path: '/altinn2/.well-known/oauth-authorization-server',
      handle: () => ({ status: 200, headers: cached, body: { issuer: 'altinn.no', jwks_uri } }),
    },
    { on: 'altinn2-ask-access', method: 'post', path: access, handle: asking.create },
    { on: 'altinn2-ask-access', method: 'get', path: access, handle: asking.list },
    { on: 'altinn2-ask-access', method: 'get', path: `${access}/:id`, handle: asking.read },
    { on: 'altinn2-ask-access', method: 'delete', path: `${access}/:id`, handle: asking.remove },
    { on: 'altinn2-owner', method: 'get', path: `${owner}/consents`, handle: listConsents(altinn, identify) },
    { on: 'altinn2-owner', method: 'get', path: `${owner}/srr`, handle: register.list },
    { on: 'altinn2-owner', method: 'post', path: `${owner}/srr`, handle: register.add },
    { on: 'altinn2-owner', method: 'get', path: `${owner}/srr/:id`, handle: register.read },
    { on: 'altinn2-owner', method: 'put', path: `${owner}/srr/:id`, handle: register.change },
    { on: 'altinn2-owner', method: 'delete', path: `${owner}/srr/:id`, handle: register.remove },
  ];
};
