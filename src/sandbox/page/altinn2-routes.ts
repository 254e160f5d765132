import type Router from '@koa/router';
import type { Context } from 'koa';
import { mayAnswer, moveRequest } from '../altinn2/answer-request.ts';
import { redirectAfter, rightOf } from '../altinn2/redirects.ts';
import type { Altinn2, ConsentRequest } from '../altinn2/state.ts';
import { bodyOf } from '../serve-endpoint.ts';
import { serviceName } from '../world.ts';
import { altinn2TextsIn } from './altinn2-texts.ts';
import { partyName, portalPage, requestPage } from './altinn2-views.ts';
import { pageFrame } from './frame.ts';
import { altinn2Site, hrefOf, type Place, placeIn } from './place.ts';
import { isOwnForm, type Session } from './sessions.ts';
import { textsIn } from './texts.ts';
import { noticeView } from './views.ts';

const { ui } = altinn2Site;

/** One who has registered `KeepSessionAlive` for the consumer keeps people signed in. */
const staysSignedIn = ({ world, clock }: Altinn2, { services, coveredBy }: ConsentRequest): boolean =>
  services.some((service) => rightOf(world, serviceName(service), coveredBy, clock.now())?.keepSessionAlive ?? false);

/** Altinn 2's page: a request is read and answered there, and in the portal consents are taken back. */
export const altinn2PageRoutes = (router: Router, altinn: Altinn2): void => {
  const { world, requests } = altinn;
  const { sessions, send, sendSignIn } = pageFrame(router, world, altinn2Site);

  const sendRefused = (ctx: Context, place: Place, status: number, heading: string, text: string): void =>
    send(ctx, place, status, heading, noticeView(place, 'danger', { heading, text }, status === 403));

  const sendUnknown = (ctx: Context, place: Place): void => {
    const { notFoundTitle, notFound } = textsIn(place.language);
    sendRefused(ctx, place, 404, notFoundTitle, notFound);
  };

  const sendNotYours = (ctx: Context, place: Place): void => {
    const { notYoursTitle, notYours } = textsIn(place.language);
    sendRefused(ctx, place, 403, notYoursTitle, notYours);
  };

  /** What became of it. There is a way back to the consumer for those alone who did not come from the portal. */
  const sendAnswered = (ctx: Context, place: Place, request: ConsentRequest, text: string, isReceipt = false): void => {
    const own = altinn2TextsIn(place.language);
    const heading = request.ended ? own.ended : own.statuses[request.status];
    const label = textsIn(place.language).back(partyName(world, request.coveredBy));
    const back = isReceipt || place.fromPortal ? undefined : { href: redirectAfter(request), label };
    const color = request.status === 'Accepted' && !request.ended ? 'success' : 'info';
    send(ctx, place, 200, heading, noticeView(place, color, { heading, text, back }));
  };

  /** A form that this session was shown, and the request it speaks of; else the refusal has been sent. */
  const readForm = async (
    ctx: Context,
  ): Promise<{ fields: URLSearchParams; place: Place; session: Session; request: ConsentRequest } | undefined> => {
    const fields = new URLSearchParams(await bodyOf(ctx));
    const place = placeIn(altinn2Site, fields);
    const session = sessions.find(ctx);
    if (!session || !isOwnForm(session, fields.get('csrf'))) {
      const { staleTitle, stale } = textsIn(place.language);
      sendRefused(ctx, place, 403, staleTitle, stale);
      return undefined;
    }
    const request = requests.get(place.id);
    if (!request) sendUnknown(ctx, place);
    return request && { fields, place, session, request };
  };

  const leave = (ctx: Context, href: string): void => {
    ctx.set('location', href);
    ctx.body = null;
    ctx.status = 303;
  };

  router.get(`${ui}/request`, (ctx) => {
    const place = placeIn(altinn2Site, new URLSearchParams(ctx.querystring));
    const request = requests.get(place.id);
    if (!request) return sendUnknown(ctx, place);
    const session = sessions.find(ctx);
    if (!session) return sendSignIn(ctx, place);
    const texts = textsIn(place.language);
    if (!mayAnswer(altinn, request, session.who)) return sendNotYours(ctx, place);
    if (request.given || request.status === 'Rejected') return sendAnswered(ctx, place, request, texts.alreadyAnswered);
    moveRequest(altinn, request, 'open', session.who);
    send(ctx, place, 200, texts.title, requestPage(altinn, request, place, session.csrf));
  });

  router.get(ui, (ctx) => {
    const place = placeIn(altinn2Site, new URLSearchParams(ctx.querystring));
    const session = sessions.find(ctx);
    if (!session) return sendSignIn(ctx, place);
    const main = portalPage(altinn, session.who, place, session.csrf);
    send(ctx, place, 200, altinn2TextsIn(place.language).portalTitle, main);
  });

  router.post(`${ui}/answer`, async (ctx) => {
    const form = await readForm(ctx);
    if (!form) return;
    const { fields, place, session, request } = form;
    const texts = textsIn(place.language);
    const own = altinn2TextsIn(place.language);
    if (fields.get('answer') === 'close') {
      sessions.end(ctx);
      const notice = { heading: own.closedTitle, text: own.closed };
      return send(ctx, place, 200, own.closedTitle, noticeView(place, 'info', notice));
    }
    const moved = moveRequest(altinn, request, fields.get('answer') === 'accept' ? 'accept' : 'reject', session.who);
    if (moved?.refused === 'not-yours') return sendNotYours(ctx, place);
    if (moved?.refused === 'answered') return sendAnswered(ctx, place, request, texts.alreadyAnswered);
    if (moved) return sendRefused(ctx, place, 400, texts.refusedTitle, own.expired);
    if (place.fromPortal) return sendAnswered(ctx, place, request, texts.receipt, true);
    if (!staysSignedIn(altinn, request)) sessions.end(ctx);
    leave(ctx, redirectAfter(request));
  });

  router.post(`${ui}/revoke`, async (ctx) => {
    const form = await readForm(ctx);
    if (!form) return;
    const { place, session, request } = form;
    const moved = moveRequest(altinn, request, 'revoke', session.who);
    if (moved?.refused === 'not-yours') return sendNotYours(ctx, place);
    leave(ctx, hrefOf({ ...place, id: '' }));
  });
};
