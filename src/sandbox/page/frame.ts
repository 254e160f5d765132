import type Router from '@koa/router';
import type { Context } from 'koa';
import { bodyOf } from '../serve-endpoint.ts';
import type { World } from '../world.ts';
import type { Html } from './html.ts';
import { sendPage } from './layout.ts';
import { hrefOf, type Place, placeIn, type Site } from './place.ts';
import { openSessions } from './sessions.ts';
import { textsIn } from './texts.ts';
import { navigationView, signInView } from './views.ts';

/** What the pages of both Altinns have around them: who is signed in, and signing in and out. */
export const pageFrame = (router: Router, { persons }: World, site: Site) => {
  const sessions = openSessions(site.root);

  const send = (ctx: Context, place: Place, status: number, heading: string, main: Html): void => {
    const { brand, notice, footer } = textsIn(place.language);
    const navigation = navigationView(place, persons.get(sessions.find(ctx)?.who ?? ''));
    const title = `${heading} – ${brand}`;
    sendPage(ctx, status, { language: place.language, title, brand, notice, navigation, main, footer });
  };

  const goOn = (ctx: Context, fields: URLSearchParams): void => {
    ctx.redirect(hrefOf(placeIn(site, fields)));
    ctx.status = 303;
  };

  router.post(`${site.ui}/sign-in`, async (ctx) => {
    const fields = new URLSearchParams(await bodyOf(ctx));
    const person = [...persons.values()].find(({ partyUuid }) => partyUuid === fields.get('person'));
    if (person) sessions.start(ctx, person.id);
    goOn(ctx, fields);
  });

  router.post(`${site.ui}/sign-out`, async (ctx) => {
    const fields = new URLSearchParams(await bodyOf(ctx));
    sessions.end(ctx);
    goOn(ctx, fields);
  });

  return {
    sessions,
    send,
    sendSignIn: (ctx: Context, place: Place): void =>
      send(ctx, place, 200, textsIn(place.language).signInTitle, signInView(place, persons.values())),
  };
};
