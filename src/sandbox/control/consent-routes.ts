import type Router from '@koa/router';
import { z } from 'zod';
import { maskPerson } from '../../lib/mask.ts';
import { type Answer, answerConsent } from '../altinn3/answer-consent.ts';
import { viewUri } from '../altinn3/consent-views.ts';
import { isPersonUrn, numberIn } from '../altinn3/parties.ts';
import { refusal } from '../altinn3/problems.ts';
import { redirectAfter } from '../altinn3/redirect-url.ts';
import type { Altinn3, Consent } from '../altinn3/state.ts';
import { formatInstant } from '../instants.ts';
import { answerWith } from '../serve-endpoint.ts';
import { answerRequest } from './altinn2-routes.ts';
import { type Control, ControlRefused, PersonNumber, readControl } from './control.ts';

/** A consent as tests count it; the giver's number is masked. */
export const consentSummary = ({ id, to, from, handledBy, status, validTo, events, rights, createCalls }: Consent) => ({
  id,
  to: numberIn(to),
  from: isPersonUrn(from) ? maskPerson(numberIn(from)) : numberIn(from),
  handledBy: handledBy === null ? null : numberIn(handledBy),
  status,
  created: events[0] ? formatInstant(events[0].created) : null,
  validTo: formatInstant(validTo),
  resources: rights.map(({ resource }) => resource[0]?.value),
  createCalls,
});

/** Who answers when nobody is named: the required one, else the giver or the first who may for an organisation. */
const usualPerson = ({ world }: Altinn3, { requiredDelegator, from }: Consent): string => {
  if (requiredDelegator !== null) return numberIn(requiredDelegator);
  if (isPersonUrn(from)) return numberIn(from);
  const [manager = ''] = world.organizations.get(numberIn(from))?.managers ?? [];
  return manager;
};

/** Where the person's browser would have gone, for tests that play the browser. */
const redirectOf = ({ redirectUrl, status }: Consent): string =>
  redirectAfter(redirectUrl, status === 'Rejected' ? 'rejected' : 'accepted');

const AnswerBody = z.strictObject({ person: PersonNumber.optional() });

/** Answers from the portal, where there is no redirect: the feed and GET are then the only ones to tell. */
export const consentRoutes = (router: Router, { altinn, altinn2 }: Control): void => {
  const readKnown = (id: string | undefined): Consent => {
    const consent = altinn.consents.get((id ?? '').toLowerCase());
    if (!consent) throw new ControlRefused(404, 'consent-unknown', `No consent ${id}`);
    return consent;
  };

  router.get('/sandbox/consents', (ctx) => {
    const { to, status } = ctx.query;
    ctx.body = [...altinn.consents.values()]
      .filter(
        (consent) =>
          (to === undefined || numberIn(consent.to) === to) && (status === undefined || consent.status === status),
      )
      .map(consentSummary);
  });

  router.get('/sandbox/consents/:id', (ctx) => {
    const consent = readKnown(ctx.params.id);
    ctx.body = { ...consentSummary(consent), viewUri: viewUri(altinn, consent.id) };
  });

  for (const answer of ['accept', 'reject', 'revoke'] satisfies Answer[]) {
    router.post(`/sandbox/consents/:id/${answer}`, async (ctx) => {
      const body = await readControl(ctx, AnswerBody);
      // A code of Altinn 2 will do as well, so that one story can be played on either; until it has moved to Altinn 3.
      const id = (ctx.params.id ?? '').toLowerCase();
      const request = altinn2.requests.get(id);
      if (request && !altinn.consents.has(id)) {
        ctx.body = answerRequest(altinn2, request, answer, body.person);
        return;
      }
      const consent = readKnown(ctx.params.id);
      const { person = usualPerson(altinn, consent) } = body;
      const answered = answerConsent(altinn, consent.id, answer, person);
      if ('refused' in answered) answerWith(ctx, refusal(answered.refused));
      else ctx.body = { ...consentSummary(answered.consent), redirectTo: redirectOf(answered.consent) };
    });
  }
};
