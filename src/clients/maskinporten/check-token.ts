import { partyUrn } from '../../domain/party.ts';
import type { TokenAsk } from '../../usecases/ports.ts';
import { type Claims, member, orgnoIn, scopesOf } from '../token-claims.ts';
import { consentType } from './wire.ts';

type Expected = Pick<TokenAsk, 'scopes' | 'consumer' | 'resource' | 'consent'> & {
  issuer: string;
  operatorOrgno: string;
};

type Rights = NonNullable<NonNullable<TokenAsk['consent']>['rights']>;

const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Names in any case: samples disagree on it. Values as they were asked for. */
const holds = (metadata: unknown, asked: Record<string, string>): boolean =>
  Object.entries(asked).every(([name, value]) => member(metadata, name) === value);

/** Does it name all that was asked for? One that names nothing says nothing: whoever gives the data will not give them. */
const namesRights = (given: unknown, rights: Rights): boolean =>
  given === undefined ||
  rights.every(({ resource, metadata }) =>
    listIn(given).some(
      (one) =>
        listIn(member(one, 'resource')).some((each) => member(each, 'value') === resource) &&
        holds(member(one, 'metadata'), metadata),
    ),
  );

const isFor = (
  claims: Claims,
  { id, from, rights = [] }: NonNullable<TokenAsk['consent']>,
  consumer: string,
): boolean => {
  const details = member(claims, 'authorization_details');
  return (Array.isArray(details) ? details : []).some((one: unknown) => {
    const given = member(one, 'id');
    const giver = member(one, 'from');
    const to = member(one, 'to');
    return (
      member(one, 'type') === consentType &&
      String(given).toLowerCase() === id.toLowerCase() &&
      (giver === undefined || giver === partyUrn(from)) &&
      (to === undefined || orgnoIn(to) === consumer) &&
      namesRights(member(one, 'consentRights'), rights)
    );
  });
};

/**
 * Why this token is not the one that was asked for; undefined when it is. A token that belongs to another tenant must
 * never come into use, whoever mixed them up. Its signature is for the API to check: it comes from the issuer itself.
 */
export const tokenFault = (claims: Claims, expected: Expected): string | undefined => {
  const { issuer, operatorOrgno, scopes, consumer, resource = [], consent } = expected;
  const iss = member(claims, 'iss');
  if (iss !== undefined && iss !== issuer) return 'its issuer differs';
  if (orgnoIn(member(claims, 'consumer')) !== consumer) return `its consumer is not ${consumer}`;
  const supplier = member(claims, 'supplier');
  if (consumer === operatorOrgno ? supplier != null : orgnoIn(supplier) !== operatorOrgno)
    return 'its supplier is not the operator';
  const held = new Set(scopesOf(claims));
  const missing = scopes.filter((scope) => !held.has(scope));
  if (missing.length > 0) return `it lacks ${missing.map((scope) => `\`${scope}\``).join(', ')}`;
  const audience = [member(claims, 'aud') ?? resource].flat();
  if (!resource.every((one) => audience.includes(one))) return 'it is for another audience';
  return consent && !isFor(claims, consent, consumer) ? 'it is not for this consent' : undefined;
};
