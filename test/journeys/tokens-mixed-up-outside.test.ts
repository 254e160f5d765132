import { decodeJwt, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import { callJson, mustCall } from '../../src/cli/call-json.ts';
import { services } from '../../src/cli/furnish.ts';
import { compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { type Clock, type MovableClock, movableClock } from '../../src/lib/clock.ts';
import { openLog } from '../../src/lib/log.ts';
import { openServer, sendJson } from '../clients/neighbour.ts';
import { freshDatabase } from '../support/database.ts';
import { type EngineName, engines, operatorKey, operatorOrgno, testEnvironment } from '../support/hub-test.ts';
import { rowsOf } from '../usecases/rows.ts';

const orgnos = ['313876144', '991825827'] as const;
const [bank, insurer] = orgnos;
const scope = 'skatteetaten:inntekt';
const organization = (orgno: string) => ({ authority: 'iso6523-actorid-upis', ID: `0192:${orgno}` });

type Claims = Record<string, unknown>;

/** A Maskinporten that says of each token whatever `say` makes of what it should say. */
const openLiar = async (clock: Clock) => {
  let say = (claims: Claims): Claims => claims;
  let asked = 0;
  const { url } = await openServer((request, response, body) => {
    if (request.url?.endsWith('oauth-authorization-server'))
      return sendJson(response, 200, { issuer: `${url}/`, token_endpoint: `${url}/token` });
    asked += 1;
    const grant = decodeJwt(new URLSearchParams(body).get('assertion') ?? '');
    const honest = {
      iss: `${url}/`,
      scope: grant['scope'],
      consumer: organization(String(grant['consumer_org'])),
      supplier: organization(operatorOrgno),
      iat: Math.floor(clock.now().getTime() / 1000),
      exp: Math.floor(clock.now().getTime() / 1000) + 120,
      jti: String(asked),
    };
    const token = new UnsecuredJWT(say(honest)).encode();
    sendJson(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 120, scope: grant['scope'] });
  });
  return {
    issuer: `${url}/`,
    asked: () => asked,
    saysOf: (change: typeof say) => {
      say = change;
    },
  };
};

/** A hub whose Maskinporten is that one, with two tenants' keys. */
const openHub = async (engine: EngineName, issuer: string, clock: MovableClock) => {
  const database = await freshDatabase();
  const env = { ...(await testEnvironment(engine, database.url)), MASKINPORTEN_ISSUER: issuer };
  const hub = await compose(loadConfig(env, 'all'), 'all', { log: openLog('silent'), clock });
  const make = (path: string, body: object) => mustCall('POST', `${hub.url}/operator/v1/${path}`, operatorKey, body);
  await make('services', services[0] ?? {});
  const client = { name: 'Income', clientId: 'income', purpose: 'data', scopes: [scope], key: { generate: true } };
  await make('maskinporten-clients', client);
  const keys = new Map<string, string>();
  for (const orgno of orgnos) {
    const { id } = await make('tenants', { orgno, name: orgno, redirectUrls: [], services: ['ske-inntekt'] });
    const { key } = await make(`tenants/${id}/api-keys`, { name: 'app', scopes: ['tokens:read'] });
    keys.set(orgno, String(key));
  }
  return {
    ask: (orgno: string) => callJson('POST', `${hub.url}/v1/tokens`, keys.get(orgno), { scope }),
    held: () => rowsOf(database, 'select 1 from tokens where token_sealed is not null'),
    async close() {
      await hub.close();
      await database.drop();
    },
  };
};

const swapped: Record<string, string> = { [`0192:${bank}`]: insurer, [`0192:${insurer}`]: bank };
const lies: [name: string, (claims: Claims) => Claims][] = [
  [
    'the other one’s',
    (said) => ({ ...said, consumer: organization(swapped[(said['consumer'] as { ID: string }).ID] ?? '') }),
  ],
  ['another supplier’s', (said) => ({ ...said, supplier: organization('974761076') })],
  ['of another scope', (said) => ({ ...said, scope: 'skatteetaten:summertskattegrunnlag' })],
  ['the operator’s own', ({ supplier: _, ...said }) => ({ ...said, consumer: organization(operatorOrgno) })],
];

for (const engine of engines)
  test(`a token that Maskinporten mixed up is neither served nor kept (queues on ${engine})`, async () => {
    const clock = movableClock();
    const liar = await openLiar(clock);
    const hub = await openHub(engine, liar.issuer, clock);
    try {
      for (const [name, lie] of lies) {
        liar.saysOf(lie);
        const before = liar.asked();
        const answers = await Promise.all([bank, insurer, bank, insurer].map(hub.ask));
        for (const answer of answers)
          expect(answer, name).toMatchObject({ status: 502, body: { type: '/problems/token-unexpected' } });
        expect(liar.asked(), name).toBeGreaterThan(before);
        for (const { body } of answers) expect(JSON.stringify(body), name).not.toContain('ey');
        expect(await hub.held(), name).toEqual([]);
        clock.move(60_000); // the refusal of a moment ago is believed no longer
      }
      liar.saysOf((honest) => honest);
      for (const orgno of orgnos) {
        const { status, body } = await hub.ask(orgno);
        expect(status).toBe(200);
        expect(decodeJwt(String(body['token']))['consumer']).toEqual(organization(orgno));
      }
      expect(await hub.held()).toHaveLength(2);
    } finally {
      await hub.close();
    }
  });
