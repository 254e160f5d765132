import type Router from '@koa/router';
import { z } from 'zod';
import { takeOver } from '../altinn3/take-over.ts';
import { consentSummary } from './consent-routes.ts';
import { type Control, ControlRefused, Orgno, readControl } from './control.ts';

const Body = z.strictObject({ code: z.guid().toLowerCase().optional(), coveredBy: Orgno.optional() });

/** What Altinn did by itself before it shut Altinn 2 down: its consents are in Altinn 3 too, under the same ids. */
export const takeoverRoutes = (router: Router, { altinn, altinn2 }: Control): void => {
  router.post('/sandbox/altinn2/migrate', async (ctx) => {
    const { code, coveredBy } = await readControl(ctx, Body);
    const meant = [...altinn2.requests.values()].filter(
      (one) => (code === undefined || one.code === code) && (coveredBy === undefined || one.coveredBy === coveredBy),
    );
    if (code !== undefined && meant.length === 0)
      throw new ControlRefused(404, 'request-unknown', `No request ${code}`);
    ctx.body = meant.map((request) => consentSummary(takeOver(altinn, request)));
  });
};
