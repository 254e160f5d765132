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

/** A right as it is compared: names in any case, since samples disagree on it, and in order; values as they are. */
const rightText = (resources: unknown, metadata: unknown): string =>
  JSON.stringify([
    resources,
    Object.entries(metadata ?? {})
      .map(([name, value]) => [name.toLowerCase(), value])
      .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
  ]);

/** Does it name what was asked for, all of it and nothing else? */
const areRights = (given: unknown, rights: Rights): boolean => {
  const named = listIn(given).map((one) =>
    rightText(
      listIn(member(one, 'resource')).map((each) => member(each, 'value')),
      member(one, 'metadata'),
    ),
  );
  const wanted = rights.map(({ resource, metadata }) => rightText([resource], metadata));
  return JSON.stringify(named.sort()) === JSON.stringify(wanted.sort());
};

/** It carries this consent and no other, with all that says whose it is and what it opens. */
const isFor = (claims: Claims, { id, from, rights }: NonNullable<TokenAsk['consent']>, consumer: string): boolean => {
  const carried = listIn(member(claims, 'authorization_details')).filter((one) => member(one, 'type') === consentType);
  const [only, ...others] = carried;
  return (
    only !== undefined &&
    others.length === 0 &&
    String(member(only, 'id')).toLowerCase() === id.toLowerCase() &&
    member(only, 'from') === partyUrn(from) &&
    orgnoIn(member(only, 'to')) === consumer &&
    (rights === undefined || areRights(member(only, 'consentRights'), rights))
  );
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
