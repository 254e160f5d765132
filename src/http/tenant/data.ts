import { z } from 'zod';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById } from '../fields.ts';
import { type Answer, type Asked, type Route, route } from '../route.ts';
import { consentTokenProblems, tokenProblems } from './token-problems.ts';

type Ask = Asked<'tenant', { id: string }, undefined, undefined>;

/** Nobody is left to answer: what a log line shows of it. */
const callerLeft = 499;

const passed =
  (uses: UseCases, method: 'GET' | 'POST') =>
  async (ask: Ask): Promise<Answer> => {
    const { by, params, passing } = ask;
    if (!passing) throw new Error('nothing to pass on');
    const { rest: path, query, headers, body, reply } = passing;
    const service = headers['hub-service'];
    const { ended, status = callerLeft } = await uses.passData(
      by,
      params.id,
      {
        method,
        path,
        query,
        headers,
        ...(typeof service === 'string' ? { service } : {}),
        ...(method === 'POST' && body ? { body } : {}),
      },
      reply,
    );
    return { status, passed: { ended } };
  };

const params = ById.extend({
  path: z.string().meta({
    description:
      'A path that one of the consent’s services lets out (`dataPaths`), slashes and all. Write `{from}` (or `%7Bfrom%7D`) where the giver’s number belongs: the hub fills it in.',
    example: 'inntekt/{from}',
  }),
});

const both = {
  path: '/v1/consents/:id/data/*path',
  audience: 'tenant',
  scope: 'data:read',
  tag: 'Data',
  params,
  passes: true,
  replies: { 200: 'passed' },
  problems: [
    'data-path-invalid',
    'consent-not-found',
    'consent-not-accepted',
    'consent-not-usable',
    'request-invalid',
    'service-has-no-data',
    'data-path-not-allowed',
    'data-too-large',
    'too-much-data',
    ...tokenProblems,
    ...consentTokenProblems,
    'data-source-unavailable',
    'data-source-timeout',
    'data-source-redirected',
    'data-answer-too-large',
  ],
} as const;

const how =
  'The data source is called with the consent’s tokens, and its answer passed on as it is, whatever its status: the header `Hub-Service` of the answer tells it from the hub’s own. ' +
  'Where it answers 401 or 403, the hub asks Altinn at once what became of the consent. The query is passed on, headers by the service’s lists, no redirect is followed, and nothing is kept. ' +
  'The longest answer, the time it may take and all that is let out stand with the service. Of an answer whose length nobody said, the connection is broken where it grows too long.';

/** `/v1/consents/{id}/data/{path}`: data, called for with the consent's tokens. */
export const dataRoutes = (uses: UseCases): Route[] => [
  route({
    ...both,
    name: 'readData',
    method: 'get',
    summary: 'Read data of an accepted consent',
    description: how,
    handle: passed(uses, 'GET'),
  }),
  route({
    ...both,
    name: 'askForData',
    method: 'post',
    summary: 'Ask for data of an accepted consent with a body',
    description: `${how} A POST is sent once: where the answer is lost, it may have arrived.`,
    handle: passed(uses, 'POST'),
  }),
];
