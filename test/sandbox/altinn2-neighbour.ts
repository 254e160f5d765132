import { operatorApiKey } from '../../src/sandbox/altinn2/first-services.ts';
import { type Answer, bank, firstKey, type Neighbour, openNeighbour, operator, person } from './neighbour.ts';

export { bank, operator, operatorApiKey, person };
export const hal = { accept: 'application/hal+json' };
export const readTokens = 'altinn:consenttokens.read';
export const writeTokens = 'altinn:consenttokens.write';
export const year = { ServiceCode: '4628', ServiceEditionCode: 210607, Metadata: { inntektsaar: '2024' } };
export const months = {
  ServiceCode: '4804',
  ServiceEditionCode: 210607,
  Metadata: { fraOgMed: '2024-01', tilOgMed: '2024-12' },
};

const requests = '/altinn2/api/consentRequests';
const tokens = '/altinn2/api/authorization/token';

/** A sandbox of one's own, and what a supplier does at its Altinn 2. */
export const openAltinn2Neighbour = async () => {
  const neighbour: Neighbour = await openNeighbour();
  const { send, control, clock, token } = neighbour;
  const scopes = ['altinn:consentrequests.read', 'altinn:consentrequests.write', 'altinn:consenttokens'];
  const dataScopes = ['skatteetaten:inntekt', 'skatteetaten:summertskattegrunnlag'];
  await control('POST', 'clients', {
    clientId: 'hub',
    scopes: [...scopes, readTokens, writeTokens, ...dataScopes, 'lanekassen:lan/v1/saldoopplysninger'],
    jwks: { keys: [firstKey.jwk] },
  });

  const bearers = new Map<string, Promise<string>>();
  /** A token for the bank by the supplier's client, which is used again while it lives. */
  const bearer = (scope: string, consumer = bank): Promise<string> => {
    const name = `${scope} ${consumer} ${clock.now().getTime()}`;
    const known = bearers.get(name) ?? token({ scope, consumer_org: consumer });
    bearers.set(name, known);
    return known;
  };
  const as = async (scope: string, consumer?: string): Promise<Record<string, string>> => ({
    apikey: operatorApiKey,
    authorization: `Bearer ${await bearer(scope, consumer)}`,
  });
  const body = (changes: object = {}) => ({
    CoveredBy: bank,
    HandledBy: operator,
    OfferedBy: person,
    OfferedByName: 'NORDMANN',
    ValidTo: new Date(clock.now().getTime() + 86_400_000).toISOString(),
    RedirectUrl: 'https://hub.example/callback/x1',
    RequestResources: [year, months],
    ...changes,
  });
  const create = async (changes: object = {}, headers: Record<string, string> = hal): Promise<Answer> =>
    send('POST', requests, body(changes), { ...(await as('altinn:consentrequests.write')), ...headers });
  const created = async (changes: object = {}): Promise<string> => {
    const { status, body: answered } = await create(changes);
    if (status !== 201) throw new Error(JSON.stringify(answered));
    return answered.AuthorizationCode as unknown as string;
  };
  const person2 = (code: string, move: string, by?: string) =>
    control('POST', `altinn2/requests/${code}/${move}`, by === undefined ? {} : { person: by });
  /** A consent that was given, by its code. */
  const accepted = async (changes: object = {}): Promise<string> => {
    const code = await created(changes);
    await person2(code, 'accept');
    return code;
  };

  return {
    ...neighbour,
    as,
    bearer,
    body,
    create,
    created,
    accepted,
    does: person2,
    read: async (code: string, headers: Record<string, string> = hal): Promise<Answer> =>
      send('GET', `${requests}/${code}`, undefined, { ...(await as('altinn:consentrequests.read')), ...headers }),
    list: async (query = '', headers: Record<string, string> = hal): Promise<Answer> =>
      send('GET', `${requests}${query}`, undefined, { ...(await as('altinn:consentrequests.read')), ...headers }),
    withdraw: async (code: string): Promise<Answer> =>
      send('DELETE', `${requests}/${code}`, undefined, await as('altinn:consentrequests.write')),
    consentToken: async (code: string, headers: Record<string, string> = {}): Promise<Answer> =>
      send('GET', `${tokens}/${code}`, undefined, { ...(await as(readTokens)), ...headers }),
    logUse: async (code: string, changes: object = {}): Promise<Answer> =>
      send(
        'POST',
        `${tokens}/${code}/loguse`,
        { ServiceCode: '4628', ServiceEditionCode: 210607, UsageDateTime: '2026-02-03T11:00:00', ...changes },
        await as(writeTokens),
      ),
    giveBack: async (code: string): Promise<Answer> =>
      send('DELETE', `${tokens}/${code}`, undefined, await as(writeTokens)),
  };
};

export type Altinn2Neighbour = Awaited<ReturnType<typeof openAltinn2Neighbour>>;
