import { onTestFinished } from 'vitest';
import type { Altinn2Options } from '../../../src/clients/altinn2/calls.ts';
import { openAltinn2 as openGateway } from '../../../src/clients/altinn2/open-altinn2.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { randomIds } from '../../../src/lib/ids.ts';
import { openLog } from '../../../src/lib/log.ts';
import { operatorApiKey } from '../../../src/sandbox/altinn2/first-services.ts';
import type { ConsentTokenAsk, Submission } from '../../../src/usecases/altinn-port.ts';
import { openClient as openMaskinportenClient } from '../maskinporten/given-client.ts';
import { bank, clientId, openNeighbour, operator, patience, person, publicJwk } from '../neighbour.ts';

export const requestScopes = ['altinn:consentrequests.read', 'altinn:consentrequests.write'];
export const tokenScopes = ['altinn:consenttokens.read', 'altinn:consenttokens.write'];

export const year = { resource: '4629_2', metadata: { inntektsaar: '2024' } };
export const months = { resource: '4630_2', metadata: { fraOgMed: '2024-01', tilOgMed: '2024-12' } };
/** Ends with its first use. */
export const once = { resource: '5120_1', metadata: {} };

export const asked = (changes: Partial<Submission> = {}): Submission => ({
  id: randomIds.uuid(),
  from: { person },
  fromName: 'Nordmann',
  to: bank,
  validTo: new Date(Date.now() + 86_400_000),
  rights: [year],
  redirectUrl: 'http://localhost:3000/callback/state',
  ...changes,
});

export const openClient = (baseUrl: string, options: Partial<Altinn2Options> = {}) => {
  const lines: string[] = [];
  const log = openLog('debug', (line) => lines.push(line));
  const client = openGateway({
    baseUrl,
    apiKey: operatorApiKey,
    operatorOrgno: operator,
    clock: systemClock,
    log,
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, lines };
};

/** The sandbox's Altinn 2, and tokens of the bank's for it. */
export const openAltinn2 = async (options: Partial<Altinn2Options> = {}) => {
  const neighbour = await openNeighbour();
  const { url, clock, control } = neighbour;
  await control('POST', 'clients', {
    clientId,
    scopes: [...requestScopes, ...tokenScopes],
    jwks: { keys: [publicJwk] },
  });
  const { ask } = openMaskinportenClient(`${url}/maskinporten/`, { clock });
  const tokenFor = async (scopes: string[]): Promise<string> => (await ask({ scopes })).token;
  const opened = openClient(`${url}/altinn2/`, { clock, ...options });
  const { client } = opened;
  const token = await tokenFor(requestScopes);
  const forTokens = await tokenFor(tokenScopes);
  const does = (code: string, move: 'open' | 'accept' | 'reject' | 'revoke') =>
    control('POST', `altinn2/requests/${code}/${move}`, {});
  return {
    ...neighbour,
    ...opened,
    tokenFor,
    token,
    forTokens,
    does,
    submit: (changes: Partial<Submission> = {}) => client.submit(asked(changes), token, patience()),
    /** A consent that was given, by its code. */
    async accepted(changes: Partial<Submission> = {}): Promise<string> {
      const { id } = await client.submit(asked(changes), token, patience());
      await does(id, 'accept');
      return id;
    },
    consentToken: (code: string, changes: Partial<ConsentTokenAsk> = {}) =>
      client.consentToken({ code, from: { person }, to: bank, rights: [year], ...changes }, forTokens, patience()),
    requests: async () => (await control('GET', 'altinn2/requests')) as Record<string, unknown>[],
  };
};
