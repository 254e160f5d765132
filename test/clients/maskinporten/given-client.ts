import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { openMaskinporten } from '../../../src/clients/maskinporten/maskinporten.ts';
import { Problem } from '../../../src/domain/problem.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { randomIds } from '../../../src/lib/ids.ts';
import { openLog } from '../../../src/lib/log.ts';
import type { TokenAsk } from '../../../src/usecases/ports.ts';
import { bank, clientId, key, openServer, operator, patience, sendJson, writeScope } from '../neighbour.ts';

const forBank: TokenAsk = { clientId, key, scopes: [writeScope], consumer: bank };

export const openClient = (
  issuer: string,
  { clock = systemClock, ...more }: { clock?: Clock; timeoutMs?: number } = {},
) => {
  const lines: string[] = [];
  const log = openLog('debug', (line) => lines.push(line));
  const known = { read: async () => undefined, keep: async () => undefined };
  const client = openMaskinporten({ issuer, operatorOrgno: operator, clock, ids: randomIds, log, known, ...more });
  onTestFinished(() => client.close());
  const told = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    client,
    lines,
    /** What the log holds of that level. */
    logged: (level: string) => told().filter((line) => line['level'] === level),
    ask: (ask: Partial<TokenAsk> = {}) => client.requestToken({ ...forBank, ...ask }, patience()),
  };
};

export const problemOf = async (trying: Promise<unknown>): Promise<Problem> => {
  const error = await trying.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Problem)) throw new Error(`no problem, but ${String(error)}`);
  return error;
};

/** A Maskinporten that answers as told, and keeps what it was sent. It shows the time only where the answer does. */
export const openFake = async (
  answer: (respond: Parameters<typeof sendJson>[0], grant: string, tries: number) => void,
) => {
  const grants: string[] = [];
  const { url } = await openServer((request, response, body) => {
    response.sendDate = false;
    if (request.url?.endsWith('oauth-authorization-server'))
      return sendJson(response, 200, { issuer: `${url}/`, token_endpoint: `${url}/token` });
    if (request.url === '/jwk') return sendJson(response, 200, { keys: [shownKey] });
    const grant = new URLSearchParams(body).get('assertion') ?? '';
    grants.push(grant);
    answer(response, grant, grants.length);
  });
  return { issuer: `${url}/`, grants };
};

export const party = (orgno: string, ID = 'ID') => ({ authority: 'iso6523-actorid-upis', [ID]: `0192:${orgno}` });
/** What the Maskinporten of `openFake` signs with, and what it shows of that. */
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const shownKey = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'fake', use: 'sig', alg: 'RS256' };
const strangersKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const signedBy = (key: KeyObject, claims: object): string => {
  const input = ['{"alg":"RS256","kid":"fake"}', JSON.stringify(claims)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  return `${input}.${sign('RSA-SHA256', Buffer.from(input), key).toString('base64url')}`;
};
export const tokenOf = (claims: object): string => signedBy(pair.privateKey, claims);
/** As good as any to look at. */
export const forged = (claims: object): string => signedBy(strangersKey, claims);
export const good = () => ({ scope: writeScope, consumer: party(bank), supplier: party(operator) });
