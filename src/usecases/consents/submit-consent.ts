import type { Access } from '../../domain/access.ts';
import type { Consent } from '../../domain/consent.ts';
import type { News } from '../../domain/decide.ts';
import { nextLostLook, nextProbe } from '../../domain/pace.ts';
import { fateOf, type KeptProblem, keptProblem, Problem } from '../../domain/problem.ts';
import type { Service } from '../../domain/service.ts';
import { linkedProblem } from '../access/problem-link.ts';
import { proveAccess } from '../access/prove-access.ts';
import { recordAccess } from '../access/record-access.ts';
import type { Submission, UpstreamConsent } from '../altinn-port.ts';
import type { Parts } from '../memory.ts';
import type { TokenFor } from '../tokens/known-token.ts';
import { withToken } from '../tokens/with-token.ts';
import type { Work } from '../use-cases.ts';
import { changeConsent, changeSeenConsent } from './change-consent.ts';
import { findLostRequest } from './lost-request.ts';
import { openParties } from './parties.ts';
import { stateDigest } from './state.ts';
import { callingAltinn2, consentScopeOf, scopesOf, upstreamRights } from './upstream.ts';

const day = 24 * 60 * 60 * 1000;

/** Altinn made no request, and may make one later. */
const madeNone: ReadonlySet<string> = new Set(['altinn-unreachable', 'altinn-busy']);

/** A consent that may go out, and what is known around it. */
type Ready = {
  consent: Consent;
  partySealed: Uint8Array;
  services: Service[];
  scopes: string[];
  access: Access[];
};

/**
 * Puts a consent request to Altinn. Run again after any crash it does no harm: the consent's id is Altinn 3's id, so Altinn
 * has one request however often it is sent. Altinn 2 tells no repeat from another request: there it goes out once, and while it
 * is not known what became of it, it is looked for and never sent again (decision 32).
 *
 * Before that the tenant's access to the consent API and to the data is proved: a person must never be led to a dialogue
 * whose data nobody may fetch. What is missing blocks the consent; it then stays owed until its end, and is owed at once
 * when the access is there.
 */
export const submitConsent = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, ids, store, memories, settings, sealing, altinn2, altinn3, log } = parts;
  const change = changeConsent(parts);
  const changeSeen = changeSeenConsent(parts);
  const record = recordAccess(parts);
  const calling = withToken(parts, tokenFor);
  const prove = proveAccess(parts, tokenFor);
  const findLost = findLostRequest(parts, calling);

  const block = async ({ tenantId, id, validTo }: Consent, access: Access, problem: KeptProblem) => {
    const now = clock.now();
    await store.asTenant(tenantId, async (rows) => {
      // The first that waits: however seldom it was looked at with nobody waiting, it is soon now.
      const isFirst = (await rows.consents.oldestBlockedOn(access.id)) === undefined;
      if (isFirst) await rows.access.beginPace(access.id);
      const probes = isFirst ? 1 : access.probes;
      await rows.outbox.owe('probe-access', access.id, nextProbe(probes, access.checkedAt ?? now), now);
      await change(rows, id, { kind: 'blocked', problem, on: access.id });
    });
    return { nextAt: validTo };
  };

  /** So these services let the tenant ask. Noted once a day at most, for it is mostly no news. */
  const noteListed = async ({ consent: { tenantId }, services, access }: Ready): Promise<void> => {
    const since = clock.now().getTime() - day;
    const isKnown = ({ key }: Service) =>
      access.some(
        ({ kind, name, state, checkedAt }) =>
          kind === 'service' && name === key && state === 'granted' && (checkedAt?.getTime() ?? 0) > since,
      );
    for (const { key: name } of services.filter((service) => !isKnown(service)))
      await store.asTenant(tenantId, (rows) => record(rows, { kind: 'service', name }));
  };

  /** Altinn has it. Whoever waits for the approval address waits for this. */
  const noteSubmitted = async (
    { consent }: Ready,
    { id: upstreamId, approvalUrl, status, consentedAt }: UpstreamConsent,
  ): Promise<void> => {
    const { tenantId } = consent;
    const news: News[] = [
      { kind: 'submitted', approvalUrl },
      { kind: 'upstream', status, ...(consentedAt ? { consentedAt } : {}) },
    ];
    if (consent.generation === 'altinn3') {
      await changeSeen(consent, ...news);
      return;
    }
    await store.asTenant(tenantId, async (rows) => {
      await rows.consents.isAtAltinn(consent.id, upstreamId);
      const after = await change(rows, consent.id, ...news);
      // Ended meanwhile: nobody is to answer it any more.
      if (after?.endedAt) await rows.outbox.owe('read-consent', consent.id, clock.now(), clock.now());
    });
  };

  const accepted = async (ready: Ready, upstream: UpstreamConsent): Promise<void> => {
    await noteSubmitted(ready, upstream);
    await noteListed(ready);
  };

  /** It went out, and nobody knows what became of it. It is not sent again. */
  const lookForLost = async (ready: Ready, sentAt: Date, signal: AbortSignal) => {
    const { tenantId, id } = ready.consent;
    const found = await findLost(ready.consent, signal);
    if (found) {
      log.info({ tenantId, consentId: id }, 'altinn 2 has the request whose answer was lost');
      await accepted(ready, found);
      return undefined;
    }
    const now = clock.now();
    const nextAt = nextLostLook(sentAt, now, settings.altinn2.lostAfterMs);
    if (nextAt) {
      log.info(
        { tenantId, consentId: id, sentAt, nextAt },
        'altinn 2 does not list the request whose answer was lost; looked for again',
      );
      return { nextAt };
    }
    log.error(
      { tenantId, consentId: id, sentAt },
      'altinn 2 never listed the request whose answer was lost: its consent fails',
    );
    const problem = keptProblem(
      new Problem('altinn2-outcome-unknown', 'It went out to Altinn 2, no answer came, and Altinn does not list it'),
    );
    await store.asTenant(tenantId, (rows) => change(rows, id, { kind: 'failed', problem }));
    return undefined;
  };

  const blockFor = async (
    consent: Consent,
    what: Pick<Access, 'kind' | 'name'> & { askedAt?: Date },
    problem: KeptProblem,
  ) => {
    const access = await store.asTenant(consent.tenantId, (rows) => record(rows, { ...what, problem }));
    return block(consent, access, problem);
  };

  const refused = async (consent: Consent, digest: Buffer, problem: Problem, services: Service[]) => {
    const kept = linkedProblem(settings, problem);
    const { tenantId, id } = consent;
    await store.asTenant(tenantId, (rows) => rows.consents.wasRefused(digest));
    if (fateOf(problem) === 'final') {
      await store.asTenant(tenantId, (rows) => change(rows, id, { kind: 'failed', problem: kept }));
      return undefined;
    }
    // Altinn does not say which right it means: the first one's service stands for them.
    return blockFor(consent, { kind: 'service', name: services[0]?.key ?? 'unknown' }, kept);
  };

  /** It waits still, and all that is needed to ask is known; undefined when there is nothing left to do. */
  const readyToGo = async (tenantId: string, id: string): Promise<Ready | undefined> => {
    const [found, access] = await Promise.all([store.findConsent(tenantId, id), store.listAccess(tenantId)]);
    const waits = found?.consent.status === 'queued' || found?.consent.status === 'blocked';
    if (!found || !waits) return undefined;
    const { consent, partySealed } = found;
    if (consent.validTo <= clock.now()) {
      await store.asTenant(tenantId, (rows) => change(rows, id, { kind: 'expired' }));
      return undefined;
    }
    if (!partySealed) return undefined;
    const catalogue = await memories.services();
    const services = consent.rights
      .map(({ service }) => catalogue.get(service))
      .filter((service) => service !== undefined);
    const scopes = [
      ...scopesOf(settings, consent.generation),
      ...services.filter(({ checkDataAccess }) => checkDataAccess).map(({ dataScope }) => dataScope),
    ];
    return { consent, partySealed, services, scopes, access };
  };

  return async ({ tenantId, subjectId: id }, signal) => {
    const known = await memories.tenant.get(tenantId);
    if (!known) throw new Error('the tenant is gone');
    const catalogue = await memories.services();
    const state = ids.secret(128);
    const digest = stateDigest(state);
    const ready = await readyToGo(tenantId, id);
    if (!ready) return undefined;
    const { consent, partySealed, services, scopes, access } = ready;
    if (consent.sentAt) return lookForLost(ready, consent.sentAt, signal);
    const missing = await prove(tenantId, access, scopes, signal);
    if (missing?.problem) return block(consent, missing, missing.problem);
    // The state is kept before it is used, one for each try: whichever request Altinn got first, its address leads back here.
    const isOnce = consent.generation === 'altinn2';
    const goesOut = isOnce ? store.goesOutOnce : store.goesOut;
    if (!(await goesOut(tenantId, id, digest, clock.now()))) return isOnce ? { nextAt: clock.now() } : undefined;

    const { message, validTo } = consent;
    const submission: Submission = {
      id,
      to: known.tenant.orgno,
      validTo,
      rights: upstreamRights(consent, catalogue),
      redirectUrl: `${settings.publicUrl}/callback/${state}`,
      ...openParties(sealing, tenantId, id, partySealed),
      ...(message ? { message } : {}),
    };
    // What Altinn refuses is told apart from what Maskinporten does.
    let refusal: unknown;
    let wasSent = false;
    const askedAt = clock.now();
    const submit = (token: string) => {
      wasSent = true;
      const altinn = isOnce ? altinn2 : altinn3;
      return altinn.submit(submission, token, signal).catch((error: unknown) => {
        refusal = error;
        throw error;
      });
    };
    try {
      const upstream = isOnce
        ? await callingAltinn2(parts, calling)(tenantId, 'requests', signal, submit)
        : await calling({ tenantId, scope: settings.consentScope }, signal, submit);
      await accepted(ready, upstream);
      return undefined;
    } catch (error) {
      if (error === refusal && error instanceof Problem && fateOf(error) !== 'again')
        return refused(consent, digest, error, services);
      const wasNotSent = !wasSent || (error instanceof Problem && madeNone.has(error.code));
      if (wasNotSent) await store.asTenant(tenantId, (rows) => rows.consents.wasRefused(digest));
      // Access that was proved a while ago may have been taken away since.
      if (error !== refusal && error instanceof Problem && fateOf(error) === 'blocked')
        return blockFor(
          consent,
          { kind: 'scope', name: consentScopeOf(settings, consent.generation), askedAt },
          linkedProblem(settings, error),
        );
      throw error;
    }
  };
};
