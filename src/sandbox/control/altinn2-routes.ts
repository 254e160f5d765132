import type Router from '@koa/router';
import { z } from 'zod';
import { maskPerson } from '../../lib/mask.ts';
import { type Move, moveRequest } from '../altinn2/answer-request.ts';
import { templates } from '../altinn2/check-request.ts';
import { answerDelegation } from '../altinn2/delegation-requests.ts';
import { redirectAfter } from '../altinn2/redirects.ts';
import { guiHref } from '../altinn2/request-views.ts';
import type { Altinn2, ConsentRequest } from '../altinn2/state.ts';
import { addRight } from '../change-world.ts';
import { type Service, serviceName } from '../world.ts';
import { type Control, ControlRefused, Orgno, orgnoParam, PersonNumber, readControl } from './control.ts';

/** A request of Altinn 2 as tests count it; the giver's number is masked. */
export const requestSummary = (request: ConsentRequest) => ({
  code: request.code,
  coveredBy: request.coveredBy,
  offeredBy: request.offeredBy.length === 11 ? maskPerson(request.offeredBy) : request.offeredBy,
  handledBy: request.handledBy,
  status: request.status,
  ended: request.ended?.why ?? null,
  created: request.created.toISOString(),
  lastChanged: request.lastChanged.toISOString(),
  validTo: request.validTo.toISOString(),
  services: request.services.map(serviceName),
  redirectUrl: request.redirectUrl,
  uses: request.uses,
});

/** Who answers when nobody is named: the required one, else the giver or the first who may for an organisation. */
const usualPerson = ({ world }: Altinn2, { requiredDelegator, offeredBy }: ConsentRequest): string => {
  if (requiredDelegator !== null) return requiredDelegator;
  if (offeredBy.length === 11) return offeredBy;
  const [manager = ''] = world.organizations.get(offeredBy)?.managers ?? [];
  return manager;
};

/** A person's answer as from the portal; `redirectTo` says where a browser would have gone. */
export const answerRequest = (altinn: Altinn2, request: ConsentRequest, move: Move, person?: string): object => {
  const moved = moveRequest(altinn, request, move, person ?? usualPerson(altinn, request));
  if (moved)
    throw new ControlRefused(moved.refused === 'not-yours' ? 403 : 409, moved.refused, `It is ${request.status}`);
  return { ...requestSummary(request), ...(request.status !== 'Opened' && { redirectTo: redirectAfter(request) }) };
};

const moves = ['open', 'accept', 'reject', 'revoke'] satisfies Move[];

const ApiKeyBody = z.strictObject({
  key: z.guid().toLowerCase(),
  orgno: Orgno,
  redirectHosts: z.array(z.string()).default([]),
  orgNrMustMatch: z.boolean().default(true),
  serviceOwner: z.boolean().default(false),
});

const ServiceBody = z
  .strictObject({
    title: z.strictObject({ nb: z.string(), nn: z.string().optional(), en: z.string() }),
    owner: Orgno,
    template: z.enum(templates),
    metadata: z.array(z.string()),
    oneTime: z.boolean(),
    srr: z.boolean(),
    longestDays: z.number().positive().nullable(),
  })
  .partial();

const RightBody = z
  .strictObject({
    validTo: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
    allowedRedirectDomain: z.string().nullable(),
    keepSessionAlive: z.boolean(),
    handledBy: Orgno.nullable(),
  })
  .partial();

const given = <T extends object>(body: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as never;

/** What people do at Altinn 2, and what Altinn and the data sources set up there. */
export const altinn2Routes = (router: Router, { altinn2, landings }: Control): void => {
  const { world, requests, clock } = altinn2;

  const readKnown = (code: string | undefined): ConsentRequest => {
    const request = requests.get((code ?? '').toLowerCase());
    if (!request) throw new ControlRefused(404, 'request-unknown', `No request ${code}`);
    return request;
  };
  const knownService = (name: string | undefined): string => {
    if (!world.services.has(name ?? '')) throw new ControlRefused(404, 'service-unknown', `No service ${name}`);
    return name ?? '';
  };

  router.get('/sandbox/altinn2/requests', (ctx) => {
    const { coveredBy, status } = ctx.query;
    ctx.body = [...requests.values()]
      .filter((one) => coveredBy === undefined || one.coveredBy === coveredBy)
      .filter((one) => status === undefined || one.status === status)
      .map(requestSummary);
  });
  router.delete('/sandbox/altinn2/requests', (ctx) => {
    requests.clear();
    ctx.status = 204;
  });
  router.get('/sandbox/altinn2/requests/:code', (ctx) => {
    const request = readKnown(ctx.params.code);
    ctx.body = { ...requestSummary(request), gui: guiHref(altinn2, request.code) };
  });
  for (const move of moves) {
    router.post(`/sandbox/altinn2/requests/:code/${move}`, async (ctx) => {
      const request = readKnown(ctx.params.code);
      const { person } = await readControl(ctx, z.strictObject({ person: PersonNumber.optional() }));
      ctx.body = answerRequest(altinn2, request, move, person);
    });
  }

  router.get('/sandbox/altinn2/delegation-requests', (ctx) => {
    ctx.body = [...altinn2.delegationRequests.values()];
  });
  for (const move of ['open', 'accept', 'reject'] as const) {
    router.post(`/sandbox/altinn2/delegation-requests/:id/${move}`, (ctx) => {
      const request = altinn2.delegationRequests.get((ctx.params.id ?? '').toLowerCase());
      if (!request) throw new ControlRefused(404, 'request-unknown', `No request ${ctx.params.id}`);
      answerDelegation(altinn2, request, move);
      ctx.body = request;
    });
  }

  router.post('/sandbox/altinn2/api-keys', async (ctx) => {
    const apiKey = await readControl(ctx, ApiKeyBody);
    ctx.status = world.apiKeys.has(apiKey.key) ? 200 : 201;
    world.apiKeys.set(apiKey.key, apiKey);
    ctx.body = apiKey;
  });
  router.delete('/sandbox/altinn2/api-keys/:key', (ctx) => {
    world.apiKeys.delete((ctx.params.key ?? '').toLowerCase());
    ctx.status = 204;
  });

  router.put('/sandbox/altinn2/services/:service', async (ctx) => {
    const [, serviceCode, edition] = /^(\w+?)_(\d+)$/.exec(ctx.params.service ?? '') ?? [];
    if (serviceCode === undefined) throw new ControlRefused(400, 'service-invalid', 'A name is {code}_{edition}');
    const name = `${serviceCode}_${edition}`;
    const fresh: Service = {
      serviceCode,
      editionCode: Number(edition),
      title: { nb: name, en: name },
      owner: world.operatorOrgno,
      template: 'default',
      metadata: [],
      oneTime: false,
      srr: false,
      longestDays: null,
    };
    const service = { ...fresh, ...world.services.get(name), ...given(await readControl(ctx, ServiceBody)) };
    world.services.set(name, service);
    ctx.body = service;
  });

  router.put('/sandbox/altinn2/srr/:service/:orgno', async (ctx) => {
    const body = given(await readControl(ctx, RightBody));
    ctx.body = addRight(world, knownService(ctx.params.service), orgnoParam(ctx, 'orgno'), body, clock.now());
  });
  router.delete('/sandbox/altinn2/srr/:service/:orgno', (ctx) => {
    const [service, orgno] = [knownService(ctx.params.service), orgnoParam(ctx, 'orgno')];
    world.srr = world.srr.filter((right) => right.service !== service || right.reportee !== orgno);
    ctx.status = 204;
  });

  router.get('/sandbox/landings', (ctx) => {
    ctx.body = { pending: landings.pending() };
  });
  router.post('/sandbox/landings', (ctx) => {
    ctx.body = { landed: landings.landAll() };
  });
};
