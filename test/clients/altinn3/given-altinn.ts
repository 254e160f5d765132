import { onTestFinished } from 'vitest';
import { openAltinn3 } from '../../../src/clients/altinn3/consent-requests.ts';
import { openMaskinporten } from '../../../src/clients/maskinporten/maskinporten.ts';
import { Problem } from '../../../src/domain/problem.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { randomIds } from '../../../src/lib/ids.ts';
import { openLog, silentLog } from '../../../src/lib/log.ts';
import type { Submission } from '../../../src/usecases/ports.ts';
import { bank, clientId, key, openNeighbour, operator, patience, person, writeScope } from '../neighbour.ts';

export const asked = (changes: Partial<Submission> = {}): Submission => ({
  id: randomIds.uuid(),
  from: { person },
  to: bank,
  validTo: new Date(Date.now() + 86_400_000),
  rights: [{ resource: 'enkelt-samtykke', metadata: { simpletag: '2026' } }],
  redirectUrl: 'http://localhost:3000/callback/state',
  ...changes,
});

export const openClient = (baseUrl: string, timeoutMs?: number) => {
  const lines: string[] = [];
  const log = openLog('debug', (line) => lines.push(line));
  const client = openAltinn3({ baseUrl, log, clock: systemClock, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  onTestFinished(() => client.close());
  return { client, lines };
};

/** The sandbox's Altinn, and a token of the bank's for it. */
export const openAltinn = async () => {
  const neighbour = await openNeighbour();
  const { url, clock } = neighbour;
  const known = { read: async () => undefined, keep: async () => undefined };
  const issuer = `${url}/maskinporten/`;
  const maskinporten = openMaskinporten({
    issuer,
    operatorOrgno: operator,
    clock,
    ids: randomIds,
    log: silentLog,
    known,
  });
  onTestFinished(() => maskinporten.close());
  const tokenFor = async (scope = writeScope): Promise<string> =>
    (await maskinporten.requestToken({ clientId, key, scopes: [scope], consumer: bank }, patience())).token;
  return { ...neighbour, ...openClient(`${url}/altinn3`), tokenFor, token: await tokenFor() };
};

export const problemOf = async (trying: Promise<unknown>): Promise<Problem> => {
  const error = await trying.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Problem)) throw new Error(`no problem, but ${String(error)}`);
  return error;
};
