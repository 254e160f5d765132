import { z } from 'zod';
import { type Language, languages } from '../../domain/invitation.ts';
import { limitByKey } from '../../lib/limit-by-key.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { networkOf } from '../limits.ts';
import { type Asked, type Route, route } from '../route.ts';
import { invitationPage } from './page.ts';
import { tooManyCalls, unknownLink } from './refused.ts';

/** 256 random bits in base64url. */
const isSecret = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** Of one address, which may be a proxy's with a whole bank behind it: 20 a second, and more at once now and then. */
const mostCalls = { most: 100, intervalMs: 5000 };

const Params = z.strictObject({ secret: z.string() });
/** Whatever mail programs add to a link is let pass. */
const Query = z.object({ lang: z.string().optional().catch(undefined), from: z.string().optional().catch(undefined) });

const languageNamed = (text: string | undefined): Language | undefined => languages.find((one) => one === text);
const preferred = (prefers: Asked<'everybody', unknown, unknown, unknown>['prefers']): Language =>
  languageNamed(prefers('language', ['nb', 'nn', 'no', 'en'])) ?? 'nb';

const robots = 'User-agent: *\nDisallow: /invitation/\nDisallow: /callback/\n';

/** The page for a tenant's administrator. The secret in its address is shown to nobody: logs and metrics know the pattern alone. */
export const invitationPageRoutes = (uses: UseCases, callsOf = limitByKey(mostCalls)): Route[] => {
  const all = { audience: 'everybody', tag: 'For everybody', hidden: true, problems: [] } as const;
  const isTooMany = (address: string): boolean => callsOf(networkOf(address))() > 0;
  return [
    route({
      ...all,
      name: 'openInvitation',
      method: 'get',
      path: '/invitation/:secret',
      summary: 'What a tenant’s administrator has to do, and how it stands',
      params: Params,
      query: Query,
      replies: { 200: 'page', 404: 'page', 429: 'page' },
      handle: async ({ params: { secret }, query, prefers, address }) => {
        if (isTooMany(address)) return tooManyCalls(mostCalls.intervalMs / 1000);
        // Whoever comes back from pressing the button has opened it already.
        const page = isSecret(secret) ? await uses.openInvitation(secret, query.from !== 'check') : undefined;
        if (!page) return unknownLink();
        return invitationPage(page, secret, languageNamed(query.lang) ?? page.language ?? preferred(prefers));
      },
    }),
    route({
      ...all,
      name: 'checkInvitation',
      method: 'post',
      path: '/invitation/:secret/check',
      summary: 'Look again now',
      params: Params,
      query: Query,
      replies: { 303: 'nothing', 404: 'page', 429: 'page' },
      handle: async ({ params: { secret }, query, address }) => {
        if (isTooMany(address)) return tooManyCalls(mostCalls.intervalMs / 1000);
        if (!isSecret(secret) || !(await uses.checkInvitation(secret))) return unknownLink();
        const lang = languageNamed(query.lang);
        return {
          status: 303,
          headers: { location: `/invitation/${secret}?from=check${lang ? `&lang=${lang}` : ''}` },
        };
      },
    }),
    route({
      ...all,
      name: 'robots',
      method: 'get',
      path: '/robots.txt',
      summary: 'What search engines leave alone',
      replies: { 200: 'page' },
      handle: () => ({ status: 200, content: { type: 'text/plain; charset=utf-8', bytes: robots } }),
    }),
  ];
};
