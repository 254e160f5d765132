import type { Consent, Generation } from '../../domain/consent.ts';
import { Problem } from '../../domain/problem.ts';
import type { Service } from '../../domain/service.ts';
import { upstreamName } from '../../domain/service.ts';
import type { Submission, UpstreamConsent } from '../altinn-port.ts';
import type { SealedParty } from '../consent-rows-port.ts';
import type { Parts } from '../memory.ts';
import type { Settings } from '../ports.ts';
import type { withToken } from '../tokens/with-token.ts';
import { openParties } from './parties.ts';

/** What lets us create and read consent requests in that generation of Altinn. */
export const consentScopeOf = (
  { consentScope, altinn2 }: Pick<Settings, 'consentScope' | 'altinn2'>,
  generation: Generation,
): string => (generation === 'altinn2' ? altinn2.consentScope : consentScope);

/** All that is needed there before a person is asked: in Altinn 2 its data open with a token besides. None where a certificate speaks. */
export const scopesOf = (settings: Pick<Settings, 'consentScope' | 'altinn2'>, generation: Generation): string[] => {
  if (generation === 'altinn3') return [settings.consentScope];
  const { consentScope, tokenScope, byCertificate } = settings.altinn2;
  return byCertificate ? [] : [consentScope, tokenScope];
};

/** All that these services take a token of: consent administration, and their data where access to them is looked at. */
export const neededScopes = (
  settings: Pick<Settings, 'consentScope' | 'altinn2'>,
  keys: readonly string[],
  catalogue: ReadonlyMap<string, Service>,
): Set<string> =>
  new Set(
    keys.flatMap((key) => {
      const service = catalogue.get(key);
      if (!service) return [];
      return [...scopesOf(settings, service.generation), ...(service.checkDataAccess ? [service.dataScope] : [])];
    }),
  );

export const upstreamRights = (
  { rights }: Pick<Consent, 'rights'>,
  catalogue: ReadonlyMap<string, Service>,
): Submission['rights'] =>
  rights.map(({ service, metadata }) => {
    const known = catalogue.get(service);
    return { resource: known ? upstreamName(known) : service, metadata };
  });

/** What a consent token of Altinn 2 must say to be this consent's. @throws Problem `consent-not-usable` when its person was erased */
export const consentTokenAsk = (
  { consent, partySealed }: SealedParty,
  orgno: string,
  { sealing, catalogue }: Pick<Parts, 'sealing'> & { catalogue: ReadonlyMap<string, Service> },
) => {
  const { tenantId, id, upstreamId } = consent;
  if (!partySealed || upstreamId === undefined)
    throw new Problem('consent-not-usable', 'Altinn 2 does not have it, or its person was erased');
  const { from } = openParties(sealing, tenantId, id, partySealed);
  return { code: upstreamId, from, to: orgno, rights: upstreamRights(consent, catalogue) };
};

export type Calling = ReturnType<typeof withToken>;

/** How Altinn 2 is called for a tenant: with a token that is good for it, or with the operator's certificate alone. */
export const callingAltinn2 =
  ({ settings }: Pick<Parts, 'settings'>, calling: Calling) =>
  <T>(
    tenantId: string,
    about: 'requests' | 'tokens',
    signal: AbortSignal,
    call: (token: string) => Promise<T>,
  ): Promise<T> => {
    const { consentScope, tokenScope, byCertificate } = settings.altinn2;
    if (byCertificate) return call('');
    return calling({ tenantId, scope: about === 'requests' ? consentScope : tokenScope }, signal, call);
  };

/**
 * What Altinn says of a consent now. Altinn 2 shows what was taken back by giving no token for it, and not which of the reasons
 * it was: while the consent's own time has not run out, it counts as taken back.
 */
export const readUpstream = (parts: Parts, calling: Calling) => {
  const { settings, memories, sealing, altinn3, altinn2 } = parts;
  const asking = callingAltinn2(parts, calling);
  const atAltinn2 = async (found: SealedParty, upstreamId: string, signal: AbortSignal): Promise<UpstreamConsent> => {
    const { tenantId } = found.consent;
    const read = await asking(tenantId, 'requests', signal, (token) => altinn2.read(upstreamId, token, signal));
    if (read.status !== 'Accepted') return read;
    const known = await memories.tenant.get(tenantId);
    const ask = consentTokenAsk(found, known?.tenant.orgno ?? '', { sealing, catalogue: await memories.services() });
    try {
      await asking(tenantId, 'tokens', signal, (token) => altinn2.consentToken(ask, token, signal));
      return read;
    } catch (error) {
      if (error instanceof Problem && error.code === 'consent-not-at-altinn') return { ...read, status: 'Revoked' };
      throw error;
    }
  };
  return (found: SealedParty, signal: AbortSignal): Promise<UpstreamConsent> => {
    const { tenantId, id, generation, upstreamId } = found.consent;
    if (generation === 'altinn2') {
      if (upstreamId === undefined) throw new Error('a consent that Altinn 2 does not have cannot be read there');
      return atAltinn2(found, upstreamId, signal);
    }
    const need = { tenantId, scope: settings.consentScope };
    return calling(need, signal, (token) => altinn3.read(upstreamId ?? id, token, signal));
  };
};
