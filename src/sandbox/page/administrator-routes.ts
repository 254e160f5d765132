import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Altinn3 } from '../altinn3/state.ts';
import { delegateResource, withdrawResource } from '../change-world.ts';
import { isOrgno } from '../check-digits.ts';
import { bodyOf } from '../serve-endpoint.ts';
import type { Resource } from '../world.ts';
import { administratorTextsIn, type Refusal } from './administrator-texts.ts';
import {
  administratorUi,
  chooseView,
  delegable,
  navigation,
  organizationName,
  refusedView,
  resourceTitle,
  suppliersPage,
  suppliersView,
} from './administrator-views.ts';
import type { Html } from './html.ts';
import { sendPage } from './layout.ts';
import { isOwnForm, openSessions, type Session } from './sessions.ts';
import { type Language, languageOf, textsIn } from './texts.ts';

type Form = { fields: URLSearchParams; language: Language; session: Session; resource: Resource; supplier: string };

/**
 * Where a consumer's administrator delegates APIs to suppliers and takes them back, below the path that it has at Altinn. No
 * password: whoever comes chooses the organisation to act for.
 */
export const administratorRoutes = (router: Router, { world, clock }: Altinn3): void => {
  const sessions = openSessions('/altinn3/', 'sandbox_administrator');

  const send = (ctx: Context, language: Language, status: number, heading: string, main: Html): void => {
    const { brand } = administratorTextsIn(language);
    const { notice, footer } = textsIn(language);
    const title = `${heading} – ${brand}`;
    const around = { brand, notice, footer, navigation: navigation(world, language, sessions.find(ctx)) };
    sendPage(ctx, status, { language, title, ...around, main });
  };

  const refuse = (ctx: Context, language: Language, status: number, refusal: Refusal): undefined => {
    send(ctx, language, status, administratorTextsIn(language).refusedTitle, refusedView(language, refusal));
  };

  const goOn = (ctx: Context, href: string): void => {
    ctx.set('location', href);
    ctx.body = null;
    ctx.status = 303;
  };

  /** A form of this session's own that names what can be done; else the refusal has been sent. */
  const readForm = async (ctx: Context): Promise<Form | undefined> => {
    const fields = new URLSearchParams(await bodyOf(ctx));
    const language = languageOf(fields.get('lang'));
    const session = sessions.find(ctx);
    if (!session || !isOwnForm(session, fields.get('csrf'))) return refuse(ctx, language, 403, 'stale');
    const supplier = (fields.get('supplier') ?? '').replace(/\s/g, '');
    const resource = delegable(world).find(({ identifier }) => identifier === fields.get('resource'));
    if (!resource) return refuse(ctx, language, 400, 'AM-00027');
    if (!isOrgno(supplier)) return refuse(ctx, language, 400, 'orgno-invalid');
    if (!world.organizations.has(supplier)) return refuse(ctx, language, 400, 'AM-00023');
    if (supplier === session.who) return refuse(ctx, language, 400, 'self');
    return { fields, language, session, resource, supplier };
  };

  const sendSuppliers = (ctx: Context, language: Language, session: Session, said?: string): void =>
    send(ctx, language, 200, administratorTextsIn(language).title, suppliersView(world, language, session, said));

  router.get('/sandbox/admin', (ctx) => goOn(ctx, suppliersPage));

  router.get(administratorUi, (ctx) => {
    const language = languageOf(new URLSearchParams(ctx.querystring).get('lang'));
    const session = sessions.find(ctx);
    if (session) return sendSuppliers(ctx, language, session);
    send(ctx, language, 200, administratorTextsIn(language).signInTitle, chooseView(world, language));
  });

  router.post(`${administratorUi}/sign-in`, async (ctx) => {
    const fields = new URLSearchParams(await bodyOf(ctx));
    const orgno = fields.get('organization') ?? '';
    if (world.organizations.has(orgno)) sessions.start(ctx, orgno);
    goOn(ctx, `${administratorUi}?lang=${languageOf(fields.get('lang'))}#suppliers`);
  });

  router.post(`${administratorUi}/sign-out`, async (ctx) => {
    const fields = new URLSearchParams(await bodyOf(ctx));
    sessions.end(ctx);
    goOn(ctx, `${administratorUi}?lang=${languageOf(fields.get('lang'))}`);
  });

  router.post(`${administratorUi}/delegate`, async (ctx) => {
    const form = await readForm(ctx);
    if (!form) return;
    const { language, session, resource, supplier } = form;
    delegateResource(world, { consumer: session.who, supplier }, resource, clock.now());
    const { done } = administratorTextsIn(language);
    sendSuppliers(ctx, language, session, done(resourceTitle(resource, language), organizationName(world, supplier)));
  });

  router.post(`${administratorUi}/withdraw`, async (ctx) => {
    const form = await readForm(ctx);
    if (!form) return;
    const { language, session, resource, supplier } = form;
    withdrawResource(world, { consumer: session.who, supplier }, resource);
    const { withdrawn } = administratorTextsIn(language);
    const names = [resourceTitle(resource, language), organizationName(world, supplier)] as const;
    sendSuppliers(ctx, language, session, withdrawn(...names));
  });
};
