import { onTestFinished } from 'vitest';
import { openAltinn3 } from '../../../src/clients/altinn3/consent-requests.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { randomIds } from '../../../src/lib/ids.ts';
import { openLog } from '../../../src/lib/log.ts';
import type { Submission } from '../../../src/usecases/altinn-port.ts';
import { openClient as openMaskinportenClient } from '../maskinporten/given-client.ts';
import { bank, openNeighbour, person, writeScope } from '../neighbour.ts';

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
  const { ask } = openMaskinportenClient(`${url}/maskinporten/`, { clock });
  const tokenFor = async (scope = writeScope): Promise<string> => (await ask({ scopes: [scope] })).token;
  return { ...neighbour, ...openClient(`${url}/altinn3`), tokenFor, token: await tokenFor() };
};
