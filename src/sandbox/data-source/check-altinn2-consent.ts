import { createLocalJWKSet, jwtVerify } from 'jose';
import type { Altinn2 } from '../altinn2/state.ts';
import { osloWallMs } from '../altinn2/times.ts';
import { type Ask, isRecord, type Reply } from '../exchange.ts';

/** One code for all that is wrong with the consent token; the words are there for whoever reads a log of the sandbox. */
const reasons = {
  unreadable: 'ikke et gyldig token',
  unsigned: 'ukjent nøkkel eller feil signatur',
  expired: 'utløpt',
  'other-consumer': 'gitt til en annen enn konsumenten',
  'other-person': 'gitt av en annen enn den det spørres om',
  over: 'samtykket gjelder ikke lenger',
  'too-long': 'samtykket varer lenger enn tjenesten tillater',
  'not-covering': 'dekker ikke disse opplysningene',
} as const;

export type Altinn2Refusal = keyof typeof reasons;

/** In the manner of Skatteetaten: `SSG-010` means trouble with the consent token. */
export const refuseConsentToken = (reason: Altinn2Refusal, korrelasjonsid: string): Reply => ({
  status: 403,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: { kode: 'SSG-010', melding: `Feil i forbindelse med samtykketoken: ${reasons[reason]}.`, korrelasjonsid },
});

/** The token in `AltinnSamtykke`; undefined for a caller of the newer way, who has none. */
export const consentTokenIn = ({ headers: { altinnsamtykke } }: Ask): string | undefined =>
  typeof altinnsamtykke === 'string' ? altinnsamtykke : undefined;

type Seen = { payload: Record<string, unknown> } | { refused: Altinn2Refusal };

/** Signature by the published keys, then the times of the token itself. */
const verified = async ({ keys, clock }: Altinn2, token: string): Promise<Seen> => {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(await keys.jwks()), {
      issuer: 'altinn.no',
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'nbf'],
      currentDate: clock.now(),
    });
    return { payload };
  } catch (error) {
    const code = isRecord(error) || error instanceof Error ? (error as { code?: unknown }).code : undefined;
    if (code === 'ERR_JWT_EXPIRED') return { refused: 'expired' };
    const isKeys = code === 'ERR_JWKS_NO_MATCHING_KEY' || code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
    return { refused: isKeys ? 'unsigned' : 'unreadable' };
  }
};

/**
 * The metadata of each time a service stands in the claim: `{code}_{edition}` begins it and `{code}_{edition}_{key}=…`
 * follows. One or many, under either of the claim's two names.
 */
export const metadataIn = (claim: unknown, service: string): Record<string, string>[] => {
  const entries = (Array.isArray(claim) ? claim : [claim]).filter((entry) => typeof entry === 'string');
  const found: Record<string, string>[] = [];
  for (const entry of entries) {
    if (entry === service) found.push({});
    const last = found.at(-1);
    if (!last || !(entry.startsWith(`${service}_`) || entry.startsWith(`${service},`))) continue;
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(entry.slice(service.length + 1)) ?? [];
    if (key !== undefined && value !== undefined) last[key.toLowerCase()] = value;
  }
  return found;
};

const instant = (seconds: unknown): Date | undefined =>
  typeof seconds === 'number' ? new Date(seconds * 1000) : undefined;

/** Days are counted on the calendar: where the clocks go forward, ten days are 239 hours. */
const lastsLonger = (given: Date, validTo: Date, days: number): boolean =>
  osloWallMs(validTo) - osloWallMs(given) > days * 86_400_000;

/** All that a data source checks in a consent token of Altinn 2, besides the Maskinporten token of `consumer`. */
export const altinn2Metadata = async (
  altinn: Altinn2,
  token: string,
  { consumer, subject, services }: { consumer: string; subject: string; services: string[] },
): Promise<{ metadata: Record<string, string>[] } | { refused: Altinn2Refusal }> => {
  const seen = await verified(altinn, token);
  if ('refused' in seen) return seen;
  const { payload } = seen;
  if (payload['CoveredBy'] !== consumer) return { refused: 'other-consumer' };
  if (payload['OfferedBy'] !== subject) return { refused: 'other-person' };
  const [given, validTo] = [instant(payload['DelegatedDate']), instant(payload['ValidToDate'])];
  if (!given || !validTo || validTo <= altinn.clock.now()) return { refused: 'over' };
  const claim = payload['Services'] ?? payload['ServiceCodes'];
  const covering = services.filter((service) => metadataIn(claim, service).length > 0);
  if (covering.length === 0) return { refused: 'not-covering' };
  const isShort = (service: string): boolean => {
    const days = altinn.world.services.get(service)?.longestDays ?? null;
    return days === null || !lastsLonger(given, validTo, days);
  };
  const metadata = covering.filter(isShort).flatMap((service) => metadataIn(claim, service));
  return metadata.length > 0 ? { metadata } : { refused: 'too-long' };
};
