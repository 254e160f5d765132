import { type Consent, isInForce } from '../../domain/consent.ts';
import { Problem } from '../../domain/problem.ts';
import { openPlaces } from '../../lib/places.ts';
import { unless } from '../../lib/unless.ts';
import { within } from '../../lib/within.ts';
import type { SealedParty } from '../consent-rows-port.ts';
import type { DataAsk, DataCall, DataEnding, DataReply } from '../data-port.ts';
import type { Parts } from '../memory.ts';
import type { ConsentTokens } from '../tokens/read-token.ts';
import type { ByTenant, HandedToken, UseCases } from '../use-cases.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import { type Plan, planCall } from './plan-call.ts';

/** A database that takes longer is not the data source’s to answer for. */
const noteMs = 5000;

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
 * @throws Problem before an answer has begun: `data-path-invalid`, `consent-not-found`, `consent-not-accepted`, as `planCall`,
 * `consentTokens` and `DataSources`; `data-too-large`, `too-much-data`
 */
export const passData = (parts: Parts, readTokens: ConsentTokens): UseCases['passData'] => {
  const { clock, store, log, memories, settings, dataSources, dataMetrics, tokenCounter, usageCounter } = parts;
  const { grants } = memories;
  const planned = planCall(parts);
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
    const which = leaveTenant ? 'to this data source' : 'of this tenant, or of this process,';
    throw new Problem('too-much-data', `As many calls ${which} are under way as may be`, { retryAfterSeconds: 1 });
  };

  const inForce = (sealed: SealedParty | undefined, id: string): SealedParty => {
    if (!sealed) throw new Problem('consent-not-found', 'No consent with this id');
    const { consent } = sealed;
    if (isInForce(consent, clock.now())) return sealed;
    const stands = consent.status === 'accepted' ? 'past its end' : consent.status;
    throw new Problem('consent-not-accepted', `The consent is ${stands}`, { consentId: id });
  };

  const tokensFor = async (by: ByTenant, id: string, { service }: Plan): Promise<HandedToken[]> => {
    const { tenantId, keyId } = by.caller;
    const at = { tenantId, id, keyId, service: service.key };
    // Counted where they are asked for, and here each further time they go out.
    const count = () => tokenCounter.count(tenantId, keyId, service.dataScope);
    try {
      const { tokens, isFresh } = await grants.tokens(at, () =>
        readTokens(by, id, { action: 'consent.data-read', service: service.key }),
      );
      if (!isFresh) count();
      return tokens;
    } catch (error) {
      // It may have ended since it was looked at, and its tokens with it: then that is what is told.
      grants.forget(tenantId, id);
      inForce(await grants.consent(tenantId, id), id);
      throw error;
    }
  };

  /** Its tokens were not taken: Altinn is asked what became of the consent. Whoever called does not wait for this. */
  const lookAgain = async ({ tenantId, id }: Consent): Promise<void> => {
    grants.forget(tenantId, id);
    const now = clock.now();
    try {
      await store.asTenant(tenantId, (rows) => rows.outbox.owe('read-consent', id, now, now));
    } catch (error) {
      log.warn({ error, consentId: id }, 'that a call for data was denied could not be noted');
    }
  };

  /**
   * Altinn 2 wants to be told of each use, which ends a one-time consent; Altinn 3 has no word for it. Noted before the first
   * byte goes on: nobody gets data of which it is not told.
   */
  const noteUse = ({ consent }: SealedParty, { service }: Plan) => {
    const { tenantId, id } = consent;
    if (consent.generation !== 'altinn2') return {};
    const note = async (): Promise<void> => {
      const noted = store.asTenant(tenantId, (rows) => rows.consents.used(id, service.key, clock.now()));
      try {
        await within(noteMs, undefined, (signal) => unless(signal, noted));
      } catch (cause) {
        if (cause instanceof Problem) throw cause;
        throw new Problem('database-unavailable', 'That the data are used could not be noted', { cause });
      }
    };
    return { beforehand: (status: number) => (status >= 200 && status < 300 ? note() : undefined) };
  };

  const call = (sealed: SealedParty, plan: Plan, tokens: HandedToken[], ask: DataAsk, reply: DataReply) => {
    const { origin, maxBytes, timeoutMs } = plan.source;
    const out: DataCall = {
      origin,
      path: ask.query === '' ? plan.path : `${plan.path}?${ask.query}`,
      method: ask.method,
      headers: requestHeaders(plan, ask, tokens),
      ...(ask.body ? { body: ask.body } : {}),
      maxBytes,
      timeoutMs,
    };
    const begin = (status: number, headers: Parameters<typeof responseHeaders>[2]) =>
      reply.begin(status, responseHeaders(plan, status, headers));
    return dataSources.call(out, { ...reply, begin, ...noteUse(sealed, plan) }).then((ending) => {
      const { status, ended, why } = ending;
      const { consent } = sealed;
      if (ended === 'cut')
        log.warn({ consentId: consent.id, service: plan.service.key, status, why }, 'data broke off on the way');
      if (isDenied(status)) void lookAgain(consent);
      return ending;
    });
  };

  const check = (ask: DataAsk, { source: { maxBytes } }: Plan): void => {
    if (!/^[\x21-\x7e]*$/.test(ask.query)) throw new Problem('data-path-invalid', 'The query wants escapes');
    if ((ask.body?.length ?? 0) > maxBytes)
      throw new Problem('data-too-large', `${maxBytes} bytes may be sent at most`);
  };

  const pass = async (by: ByTenant, id: string, ask: DataAsk, reply: DataReply): Promise<DataEnding> => {
    const { tenantId, keyId } = by.caller;
    const held = grants.held(tenantId, id);
    const sealed = inForce(held ? held.sealed : await grants.consent(tenantId, id), id);
    const plan = planned(sealed, memories.house()?.services ?? (await memories.services()), ask);
    check(ask, plan);
    const leave = enter(tenantId, plan.source.origin);
    try {
      const tokens = held?.tokens(keyId, plan.service.key);
      if (tokens) tokenCounter.count(tenantId, keyId, plan.service.dataScope);
      return await call(sealed, plan, tokens ?? (await tokensFor(by, id, plan)), ask, reply);
    } catch (error) {
      const code = error instanceof Problem ? error.code : 'internal';
      log.warn(
        { consentId: id, service: plan.service.key, origin: plan.source.origin, code },
        'data were not passed on',
      );
      throw error;
    } finally {
      leave();
    }
  };

  return async (by, id, ask, reply) => {
    const startedAt = performance.now();
    try {
      const ending = await pass(by, id, ask, reply);
      const { sentBytes: sent, readBytes: read } = ending;
      if (ending.status !== undefined) usageCounter.dataCall(by.caller.tenantId);
      dataMetrics.passed(outcomeOf(ending), performance.now() - startedAt, { sent, read });
      return ending;
    } catch (error) {
      const outcome = error instanceof Problem ? error.code : 'internal';
      dataMetrics.passed(outcome, performance.now() - startedAt, { sent: 0, read: 0 });
      throw error;
    }
  };
};
