import type Router from '@koa/router';
import type { Context } from 'koa';
import { answerConsent, mayAnswer } from '../altinn3/answer-consent.ts';
import { nameOf } from '../altinn3/parties.ts';
import { redirectAfter } from '../altinn3/redirect-url.ts';
import type { Altinn3, Consent } from '../altinn3/state.ts';
import { bodyOf } from '../serve-endpoint.ts';
import { assetRoutes } from './assets.ts';
import { consentView } from './consent-view.ts';
import { pageFrame } from './frame.ts';
import { altinn3Site, type Place, placeIn } from './place.ts';
import { isOwnForm } from './sessions.ts';
import { textsIn } from './texts.ts';
import { noticeView } from './views.ts';

const { ui } = altinn3Site;

const placeOf = (fields: URLSearchParams): Place => placeIn(altinn3Site, fields);

const backLink = ({ world }: Altinn3, consent: Consent, place: Place) => ({
  // A revoked consent was accepted once, and its link still says so.
  href: redirectAfter(consent.redirectUrl, consent.status === 'Rejected' ? 'rejected' : 'accepted'),
  label: textsIn(place.language).back(nameOf(world, consent.to)),
});

/** The page a person is sent to: signs in as somebody synthetic, reads, answers, and is sent back. */
export const pageRoutes = (router: Router, altinn: Altinn3): void => {
  const { consents } = altinn;
  const { sessions, send, sendSignIn } = pageFrame(router, altinn.world, altinn3Site);
  assetRoutes(router);

  const sendNotYours = (ctx: Context, place: Place): void => {
    const { notYoursTitle: heading, notYours: text } = textsIn(place.language);
    send(ctx, place, 403, heading, noticeView(place, 'danger', { heading, text, code: 'AM-00000' }, true));
  };

  const sendAnswered = (ctx: Context, place: Place, consent: Consent, isReceipt = false): void => {
    const texts = textsIn(place.language);
    const heading = texts.answered[consent.status];
    const text = isReceipt ? texts.receipt : texts.alreadyAnswered;
    const back = isReceipt ? undefined : backLink(altinn, consent, place);
    const color = consent.status === 'Accepted' ? 'success' : 'info';
    send(ctx, place, 200, heading, noticeView(place, color, { heading, text, back }));
  };

  const findConsent = (ctx: Context, place: Place): Consent | undefined => {
    const consent = consents.get(place.id);
    if (!consent) {
      const { notFoundTitle: heading, notFound: text } = textsIn(place.language);
      send(ctx, place, 404, heading, noticeView(place, 'danger', { heading, text, code: 'AM-00001' }));
    }
    return consent;
  };

  router.get(`${ui}/request`, (ctx) => {
    const place = placeOf(new URLSearchParams(ctx.querystring));
    const consent = findConsent(ctx, place);
    if (!consent) return;
    const texts = textsIn(place.language);
    const session = sessions.find(ctx);
    if (!session) return sendSignIn(ctx, place);
    if (!mayAnswer(altinn, consent, session.who)) return sendNotYours(ctx, place);
    if (consent.status !== 'Created') return sendAnswered(ctx, place, consent);
    send(ctx, place, 200, texts.title, consentView(altinn, consent, place, session.csrf));
  });

  router.post(`${ui}/answer`, async (ctx) => {
    const fields = new URLSearchParams(await bodyOf(ctx));
    const place = placeOf(fields);
    const texts = textsIn(place.language);
    const session = sessions.find(ctx);
    const answer = fields.get('answer') === 'accept' ? 'accept' : 'reject';
    if (!session || !isOwnForm(session, fields.get('csrf'))) {
      const notice = { heading: texts.staleTitle, text: texts.stale };
      return send(ctx, place, 403, texts.staleTitle, noticeView(place, 'danger', notice));
    }
    const answered = answerConsent(altinn, place.id, answer, session.who);
    if ('refused' in answered) {
      const consent = findConsent(ctx, place);
      if (!consent) return;
      if (answered.refused.code === 'AM-00000') return sendNotYours(ctx, place);
      if (consent.status !== 'Created') return sendAnswered(ctx, place, consent);
      const notice = { heading: texts.refusedTitle, text: texts.expired, code: answered.refused.code };
      return send(ctx, place, 400, texts.refusedTitle, noticeView(place, 'danger', notice));
    }
    if (place.fromPortal) return sendAnswered(ctx, place, answered.consent, true);
    // Altinn ends the person's session before it lets go of him.
    sessions.end(ctx);
    ctx.set('location', redirectAfter(answered.consent.redirectUrl, answer === 'accept' ? 'accepted' : 'rejected'));
    ctx.body = null;
    ctx.status = 303;
  });
};
