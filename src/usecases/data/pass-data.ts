import { isInForce } from '../../domain/consent.ts';
import { filledPath, segmentsOf } from '../../domain/data-path.ts';
import { partyNumber } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import { openPlaces } from '../../lib/places.ts';
import type { SealedParty } from '../consent-rows-port.ts';
import { openParties } from '../consents/parties.ts';
import type { DataAsk, DataCall, DataEnding, DataReply, DataTaker } from '../data-port.ts';
import type { Parts } from '../memory.ts';
import type { ConsentTokens } from '../tokens/read-token.ts';
import type { ByTenant, HandedToken, UseCases } from '../use-cases.ts';
import { type Chosen, chooseService } from './choose-service.ts';

const isBearer = (header: string): boolean => header.toLowerCase() === 'authorization';

/** Those of the list, and the tokens in the headers they name, which outweigh any other. */
const requestHeaders = (
  { source }: Chosen,
  { headers }: DataAsk,
  tokens: readonly HandedToken[],
): Record<string, string> => {
  const sent: Record<string, string> = { 'user-agent': 'samtykkehub' };
  for (const name of source.requestHeaders) {
    const value = headers[name];
    if (value !== undefined) sent[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  for (const { header, token } of tokens) sent[header.toLowerCase()] = isBearer(header) ? `Bearer ${token}` : token;
  return sent;
};

const responseHeaders = (
  { service, source }: Chosen,
  status: number,
  headers: Parameters<DataTaker['begin']>[1],
): string[] => {
  const told = ['hub-service', service.key];
  for (const name of source.responseHeaders) {
    const value = headers[name];
    if (value !== undefined) told.push(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const length = headers['content-length'];
  if (typeof length === 'string' && status !== 204 && status !== 304) told.push('content-length', length);
  return told;
};

const isDenied = (status: number | undefined): boolean => status === 401 || status === 403;

const outcomeOf = ({ ended, status = 0 }: DataEnding): string => {
  if (ended !== 'whole') return ended;
  if (isDenied(status)) return 'denied';
  return status < 300 ? 'ok' : 'other';
};

/**
 * Data by way of the hub: its data source called with the consent's tokens, and the answer passed on as it comes. Nothing of it
 * is kept. Whether a consent is good its data source decides, by the tokens; where it says no, Altinn is asked at once what
 * became of the consent.
 *
 * @throws Problem before an answer has begun: `data-path-invalid`, `consent-not-found`, `consent-not-accepted`, as `chooseService`,
 * `consentTokens` and `DataSources`; `data-too-large`, `too-much-data`
 */
export const passData = (parts: Parts, readTokens: ConsentTokens): UseCases['passData'] => {
  const { clock, store, log, sealing, memories, settings, dataSources, dataMetrics, tokenCounter } = parts;
  const { grants } = memories;
  const { ofTenant, inAll } = settings.dataCalls;
  const ofTenants = openPlaces({ ofKey: ofTenant, inAll });
  // However many tenants wait for one that hangs, there is room for the others.
  const ofSources = openPlaces({ ofKey: Math.ceil(inAll / 2), inAll });

  const enter = (tenantId: string, origin: string): (() => void) => {
    const leaveTenant = ofTenants(tenantId);
    const leaveSource = leaveTenant && ofSources(origin);
    if (leaveTenant && leaveSource)
      return () => {
        leaveTenant();
        leaveSource();
      };
    leaveTenant?.();
    throw new Problem('too-much-data', 'As many are under way as may be', { retryAfterSeconds: 1 });
  };

  const found = async (tenantId: string, id: string): Promise<SealedParty> => {
    const sealed = await grants.consent(tenantId, id);
    if (!sealed) throw new Problem('consent-not-found', 'No consent with this id');
    const { consent } = sealed;
    if (isInForce(consent, clock.now())) return sealed;
    const stands = consent.status === 'accepted' ? 'past its end' : consent.status;
    throw new Problem('consent-not-accepted', `The consent is ${stands}`, { consentId: id });
  };

  const numberOf = ({ consent, partySealed }: SealedParty): string => {
    if (!partySealed) throw new Problem('consent-not-usable', 'Whom it is about was erased');
    return partyNumber(openParties(sealing, consent.tenantId, consent.id, partySealed).from);
  };

  const tokensFor = async (by: ByTenant, id: string, { service }: Chosen): Promise<HandedToken[]> => {
    const { tenantId, keyId } = by.caller;
    const { tokens, isFresh } = await grants
      .tokens({ tenantId, id, keyId, service: service.key }, () =>
        readTokens(by, id, { action: 'consent.data-read', service: service.key }),
      )
      .catch(async (error: unknown) => {
        // It may have ended since it was looked at, and its tokens with it: then that is what is told.
        grants.forget(tenantId, id);
        await found(tenantId, id);
        throw error;
      });
    // Counted where it was asked for, and here each further time it goes out.
    if (!isFresh) tokenCounter.count(tenantId, keyId, service.dataScope);
    return tokens;
  };

  /** What follows once the answer has gone out. Whoever asked has what it wanted, and does not wait for this. */
  const follow = async ({ consent }: SealedParty, { service }: Chosen, ending: DataEnding): Promise<void> => {
    const { tenantId, id } = consent;
    const { status = 0, ended, why } = ending;
    if (ended === 'cut') log.warn({ consentId: id, service: service.key, status, why }, 'data broke off on the way');
    if (isDenied(status)) {
      grants.forget(tenantId, id);
      const now = clock.now();
      await store.asTenant(tenantId, (rows) => rows.outbox.owe('read-consent', id, now, now));
    } else if (status >= 200 && status < 300 && consent.generation === 'altinn2')
      // Altinn 2 wants to be told of each use, which ends a one-time consent; Altinn 3 has no word for it.
      await store.asTenant(tenantId, (rows) => rows.consents.used(id, service.key, clock.now()));
  };

  const pass = async (by: ByTenant, id: string, ask: DataAsk, reply: DataReply): Promise<DataEnding> => {
    const segments = segmentsOf(ask.path);
    if (!/^[\x21-\x7e]*$/.test(ask.query)) throw new Problem('data-path-invalid', 'The query wants escapes');
    const sealed = await found(by.caller.tenantId, id);
    const { method, service } = ask;
    const chosen = chooseService(
      sealed.consent,
      await memories.services(),
      { method, segments, service },
      settings.production,
    );
    const { source, pattern } = chosen;
    if ((ask.body?.length ?? 0) > source.maxBytes)
      throw new Problem('data-too-large', `${source.maxBytes} bytes may be sent at most`);
    const leave = enter(by.caller.tenantId, source.origin);
    try {
      const tokens = await tokensFor(by, id, chosen);
      const path = source.basePath + filledPath(pattern, segments, () => numberOf(sealed));
      const call: DataCall = {
        origin: source.origin,
        path: ask.query === '' ? path : `${path}?${ask.query}`,
        method,
        headers: requestHeaders(chosen, ask, tokens),
        ...(ask.body ? { body: ask.body } : {}),
        maxBytes: source.maxBytes,
        timeoutMs: source.timeoutMs,
      };
      const ending = await dataSources.call(call, {
        ...reply,
        begin: (status, headers) => reply.begin(status, responseHeaders(chosen, status, headers)),
      });
      follow(sealed, chosen, ending).catch((error: unknown) =>
        log.warn({ error, consentId: id }, 'what follows a call for data could not be noted'),
      );
      return ending;
    } finally {
      leave();
    }
  };

  return async (by, id, ask, reply) => {
    const startedAt = performance.now();
    try {
      const ending = await pass(by, id, ask, reply);
      const { sentBytes: sent, readBytes: read } = ending;
      dataMetrics.passed(outcomeOf(ending), performance.now() - startedAt, { sent, read });
      return ending;
    } catch (error) {
      const outcome = error instanceof Problem ? error.code : 'internal';
      dataMetrics.passed(outcome, performance.now() - startedAt, { sent: 0, read: 0 });
      throw error;
    }
  };
};
