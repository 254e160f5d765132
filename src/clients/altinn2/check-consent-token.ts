import { decodeProtectedHeader, jwtVerify } from 'jose';
import { partyNumber } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import type { ConsentTokenAsk } from '../../usecases/altinn-port.ts';
import type { PublishedKeys } from '../published-keys.ts';
import { type Claims, member } from '../token-claims.ts';

/** Clocks are read in whole seconds, by a header that was written before the token was signed. */
const toleranceSeconds = 5;

const longestLifeMs = 60_000;

const foreign = (fault: string, cause?: unknown): Problem =>
  new Problem('consent-token-foreign', `Altinn 2 gave a token, but ${fault}.`, cause === undefined ? {} : { cause });

/** What stands in the token for one right: its name, and each of its metadata behind that, by `_` or, on one page, a comma. */
const entriesOf = ({ resource, metadata }: ConsentTokenAsk['rights'][number]): string[][] => [
  [resource],
  ...Object.entries(metadata).map(([key, value]) => [`${resource}_${key}=${value}`, `${resource},${key}=${value}`]),
];

/**
 * Does the claim name the rights that were asked for, all of them and nothing else? It is a string, a list, or a string with
 * commas between, and values may hold commas too: so it is not taken apart, but compared with what was asked, the longest first.
 */
const namesRights = (claim: unknown, rights: ConsentTokenAsk['rights']): boolean => {
  const wanted = rights.flatMap(entriesOf).map((forms) => forms.map((form) => form.toLowerCase()));
  const known = wanted.flatMap((forms, place) => forms.map((form) => ({ form, place })));
  known.sort((a, b) => b.form.length - a.form.length);
  const seen = new Set<number>();
  for (const entry of Array.isArray(claim) ? claim : [claim]) {
    if (typeof entry !== 'string') return false;
    let left = entry.trim().toLowerCase();
    while (left !== '') {
      const next = known.find(({ form }) => left === form || left.startsWith(`${form},`));
      if (!next) return false;
      for (const { form, place } of known) if (form === next.form) seen.add(place);
      left = left.slice(next.form.length).replace(/^,\s*/, '');
    }
  }
  return seen.size === wanted.length;
};

const faultIn = (claims: Claims, { code, from, to, rights }: ConsentTokenAsk, operatorOrgno: string) => {
  const handledBy = member(claims, 'HandledBy');
  if (String(member(claims, 'AuthorizationCode')).toLowerCase() !== code.toLowerCase())
    return 'it is of another consent';
  if (member(claims, 'OfferedBy') !== partyNumber(from)) return 'somebody else gave the consent';
  if (member(claims, 'CoveredBy') !== to) return `it was not given to organisation ${to}`;
  if (handledBy != null && handledBy !== operatorOrgno) return 'another supplier is named in it';
  const services = member(claims, 'Services') ?? member(claims, 'ServiceCodes');
  return namesRights(services, rights) ? undefined : 'it is for other services or other metadata than were asked for';
};

/** A JSON string in quotes; bare, or in XML, where somebody on the way chose so. */
export const tokenIn = (body: unknown): string | undefined =>
  typeof body === 'string'
    ? /^(?:<string\b[^>]*>)?\s*([\w-]{2,}\.[\w-]{2,}\.[\w-]{2,})\s*(?:<\/string>)?$/.exec(body.trim())?.[1]
    : undefined;

/**
 * Is this the token of that consent, signed by Altinn and good at that time? Answers with its end.
 *
 * @throws Problem `consent-token-foreign`, `altinn-unavailable` when Altinn's keys cannot be read
 */
export const checkConsentToken = async (
  token: string,
  ask: ConsentTokenAsk,
  { keys, now, operatorOrgno }: { keys: PublishedKeys; now: Date; operatorOrgno: string },
): Promise<{ expiresAt: Date }> => {
  let name: string | undefined;
  try {
    const { kid, x5t } = decodeProtectedHeader(token);
    name = kid ?? x5t;
  } catch (error) {
    throw foreign('it cannot be read', error);
  }
  const key = name === undefined ? undefined : await keys.find(name);
  if (!key) throw foreign('no key of Altinn’s has signed it');
  const verified = await jwtVerify(token, key, {
    algorithms: ['RS256'],
    currentDate: now,
    clockTolerance: toleranceSeconds,
    requiredClaims: ['exp'],
  }).catch((error: unknown) => {
    throw foreign('its signature or its times are wrong', error);
  });
  const fault = faultIn(verified.payload, ask, operatorOrgno);
  if (fault) throw foreign(fault);
  // Theirs live half a minute. One that says longer is not kept for longer: it would outlive what it speaks of.
  const longest = now.getTime() + longestLifeMs;
  return { expiresAt: new Date(Math.min((verified.payload.exp ?? 0) * 1000, longest)) };
};
