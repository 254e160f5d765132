import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, ByKeyId } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import {
  ClientAsk,
  ClientChange,
  clientView,
  Jwks,
  jwksView,
  KeyChange,
  MaskinportenClient,
} from './client-schemas.ts';
import { KeyAskIn } from './key-schemas.ts';

const all = { audience: 'operator', tag: 'Maskinporten clients' } as const;
const base = '/operator/v1/maskinporten-clients';

/** The operator's own clients at Maskinporten, and their signing keys. */
export const maskinportenClientRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'registerClient',
    method: 'post',
    path: base,
    role: 'administrator',
    summary: 'Add a Maskinporten client',
    description:
      'A generated key is born in a worker, which also reads one that lies in a file or an HSM: the answer waits five seconds for that, and until then its `state` is `generating`. Where the key is found unusable within that time, neither it nor the client is kept; later than that both stay, the key with its `fault`.',
    body: ClientAsk,
    replies: { 201: MaskinportenClient },
    problems: ['already-exists', 'key-unusable'],
    handle: async ({ by, body }) => {
      const made = await uses.registerClient(by, body);
      return { status: 201, headers: { location: `${base}/${made.id}` }, body: clientView(made) };
    },
  }),
  route({
    ...all,
    name: 'listClients',
    method: 'get',
    path: base,
    role: 'reader',
    summary: 'List Maskinporten clients',
    query: PageQuery,
    replies: { 200: PageOf(MaskinportenClient) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query }) => {
      const page = sliceOf(await uses.listClients(by), ({ id }) => id, pageAsk(query));
      return { status: 200, body: pageView(page, clientView) };
    },
  }),
  route({
    ...all,
    name: 'readClient',
    method: 'get',
    path: `${base}/:id`,
    role: 'reader',
    summary: 'Read a Maskinporten client',
    params: ById,
    replies: { 200: MaskinportenClient },
    problems: ['maskinporten-client-not-found'],
    handle: async ({ by, params }) => ({ status: 200, body: clientView(await uses.readClient(by, params.id)) }),
  }),
  route({
    ...all,
    name: 'changeClient',
    method: 'patch',
    path: `${base}/:id`,
    role: 'administrator',
    summary: 'Change a Maskinporten client',
    params: ById,
    body: ClientChange,
    replies: { 200: MaskinportenClient },
    problems: ['maskinporten-client-not-found'],
    handle: async ({ by, params, body }) => ({
      status: 200,
      body: clientView(await uses.changeClient(by, params.id, body)),
    }),
  }),
  route({
    ...all,
    name: 'addClientKey',
    method: 'post',
    path: `${base}/:id/keys`,
    role: 'administrator',
    summary: 'Add a signing key',
    description:
      'A client’s first key signs at once. Another is `pending`: register what `jwks.json` shows, and it takes over as soon as Maskinporten takes it, without a failed request; the one before is there to fall back on for ten minutes. The answer waits for a worker where one is needed; a key found unusable later than that stays, with its `fault`, until it is retired.',
    params: ById,
    body: KeyAskIn,
    replies: { 201: MaskinportenClient },
    problems: ['maskinporten-client-not-found', 'key-unusable', 'already-exists'],
    handle: async ({ by, params, body }) => ({
      status: 201,
      body: clientView(await uses.addClientKey(by, params.id, body)),
    }),
  }),
  route({
    ...all,
    name: 'renewClientKey',
    method: 'patch',
    path: `${base}/:id/keys/:keyId`,
    role: 'administrator',
    summary: 'Note that a signing key was registered anew',
    params: ByKeyId,
    body: KeyChange,
    replies: { 200: MaskinportenClient },
    problems: ['maskinporten-client-not-found'],
    handle: async ({ by, params, body }) => ({
      status: 200,
      body: clientView(await uses.renewClientKey(by, params.id, params.keyId, body)),
    }),
  }),
  route({
    ...all,
    name: 'retireClientKey',
    method: 'delete',
    path: `${base}/:id/keys/:keyId`,
    role: 'administrator',
    summary: 'Retire a signing key',
    description:
      'It signs nothing from then on. Where it was the one that signs, another of the client does. Answers the client as it is now.',
    params: ByKeyId,
    replies: { 200: MaskinportenClient },
    problems: ['maskinporten-client-not-found'],
    handle: async ({ by, params }) => ({
      status: 200,
      body: clientView(await uses.retireClientKey(by, params.id, params.keyId)),
    }),
  }),
  route({
    ...all,
    name: 'probeClient',
    method: 'post',
    path: `${base}/:id/probe`,
    role: 'support',
    summary: 'Look at once whether Maskinporten takes the client',
    description:
      'Tries keys that are `pending`, and whether a client that is `stopped` works again. Waits a few seconds and answers the client as it is then. Within ten seconds of the last time it asks nobody, and answers what is known.',
    params: ById,
    replies: { 200: MaskinportenClient },
    problems: ['maskinporten-client-not-found'],
    handle: async ({ by, params }) => ({ status: 200, body: clientView(await uses.probeClient(by, params.id)) }),
  }),
  route({
    ...all,
    name: 'rotateClientKey',
    method: 'post',
    path: `${base}/:id/rotate-key`,
    role: 'administrator',
    summary: 'Exchange the signing key for a new one, by itself',
    description:
      'Needs Digdir’s self-service API. A worker makes a new key and registers it; once Maskinporten takes it, it signs, and the one before goes some ten minutes later, there as well. Answers at once; while a key is on its way it begins no other.',
    params: ById,
    replies: { 202: MaskinportenClient },
    problems: ['maskinporten-client-not-found', 'selfservice-not-set-up', 'key-not-rotatable'],
    handle: async ({ by, params }) => ({ status: 202, body: clientView(await uses.rotateClientKey(by, params.id)) }),
  }),
  route({
    ...all,
    name: 'readClientJwks',
    method: 'get',
    path: `${base}/:id/jwks.json`,
    role: 'reader',
    summary: 'Public keys, to be registered at Maskinporten',
    params: ById,
    replies: { 200: Jwks },
    problems: ['maskinporten-client-not-found'],
    handle: async ({ by, params }) => ({ status: 200, body: jwksView(await uses.readClient(by, params.id)) }),
  }),
];
