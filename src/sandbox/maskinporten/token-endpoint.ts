import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Altinn3 } from '../altinn3/state.ts';
import type { Ask, Reply } from '../exchange.ts';
import { asSpread } from '../spread.ts';
import { authenticateClient } from './authenticate-client.ts';
import { enrichedDetails } from './authorization-details.ts';
import { type GrantClaims, readGrant } from './grant.ts';
import { GrantRefused, refusalReply } from './refusals.ts';
import type { ReplayMemory } from './replay-memory.ts';
import { scopesFor } from './scope-access.ts';
import { type SigningKeys, tokenId } from './signing-keys.ts';

export type Maskinporten = {
  issuer: string;
  keys: SigningKeys;
  replays: ReplayMemory;
  altinn: Altinn3;
  /** Its own, which may be wrong. */
  clock: Clock;
};

const skewSeconds = 10;

/** Check 8. */
const checkTimes = ({ iat, exp }: GrantClaims, maxLifeSeconds: number, nowSeconds: number): void => {
  if (exp - iat > maxLifeSeconds) throw new GrantRefused('life-too-long');
  if (iat > nowSeconds + skewSeconds) throw new GrantRefused('issued-in-future');
  if (exp < nowSeconds - skewSeconds) throw new GrantRefused('MP-130');
};

const organization = (orgno: string) => ({ authority: 'iso6523-actorid-upis', ID: `0192:${orgno}` });

const issueToken = async ({ issuer, keys, replays, altinn, clock }: Maskinporten, form: string): Promise<Reply> => {
  const { world, settings } = altinn;
  const nowSeconds = Math.floor(clock.now().getTime() / 1000);
  const grant = readGrant(form);
  const { claims } = grant;

  const registered = world.clients.get(claims.iss);
  const client = registered && asSpread(registered, altinn.clock.now());
  if (!client?.active) throw new GrantRefused('MP-100');
  const audience = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (audience.length !== 1 || audience[0] !== issuer) throw new GrantRefused('MP-110');
  const amr = await authenticateClient(client, grant, settings, altinn.clock.now());
  checkTimes(claims, settings.grantMaxLifeSeconds, nowSeconds);
  const grantId = `${client.clientId} ${claims.jti ?? grant.assertion}`;
  if (!replays.firstUse(grantId, claims.exp + skewSeconds, nowSeconds)) throw new GrantRefused('MP-012');

  const scopes = scopesFor(world, settings, client, claims);
  const consumer = claims.consumer_org ?? client.orgno;
  const details = enrichedDetails(altinn, claims.authorization_details, consumer);

  const caps = scopes.map((scope) => scope.atMaxAge).filter((seconds) => seconds > 0);
  const lifeSeconds = Math.min(client.tokenLifeSeconds ?? settings.tokenLifeSeconds, ...caps);
  const scope = scopes.map(({ name }) => name).join(' ');
  const token = await keys.sign({
    ...(details && { authorization_details: details }),
    scope,
    ...(claims.consumer_org !== undefined && {
      supplier: organization(client.orgno),
      delegation_source: scopes[0]?.delegationSource,
    }),
    ...(claims.resource !== undefined && { aud: claims.resource }),
    ...(claims.pid !== undefined && { pid: claims.pid }),
    iss: issuer,
    client_amr: amr,
    token_type: 'Bearer',
    iat: nowSeconds,
    exp: nowSeconds + lifeSeconds,
    client_id: client.clientId,
    jti: tokenId(randomUUID()),
    consumer: organization(consumer),
  });
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { access_token: token, token_type: 'Bearer', expires_in: lifeSeconds, scope },
  };
};

/** `POST /token`, with its checks in the order that gives the most telling error first. */
export const tokenEndpoint =
  (maskinporten: Maskinporten) =>
  async (ask: Ask): Promise<Reply> => {
    try {
      return await issueToken(maskinporten, ask.body);
    } catch (error) {
      if (error instanceof GrantRefused) return refusalReply(error, maskinporten.issuer);
      throw error;
    }
  };
