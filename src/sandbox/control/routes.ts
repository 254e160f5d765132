import type Router from '@koa/router';
import { altinn2Routes } from './altinn2-routes.ts';
import { clientRoutes } from './client-routes.ts';
import { consentRoutes } from './consent-routes.ts';
import { type Control, ControlRefused } from './control.ts';
import { overviewRoutes } from './overview.ts';
import { resourceRoutes } from './resource-routes.ts';
import { takeoverRoutes } from './takeover-routes.ts';
import { weatherRoutes } from './weather-routes.ts';
import { worldRoutes } from './world-routes.ts';

/**
 * Everything under `/sandbox`: what people would do by hand, and what tests need to see. `control-calls.ts` has the
 * list, which the overview page shows.
 */
export const controlRoutes = (router: Router, control: Control): void => {
  router.use('/sandbox', async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof ControlRefused)) throw error;
      ctx.status = error.status;
      ctx.body = { error: error.code, detail: error.message };
    }
  });
  overviewRoutes(router, control);
  worldRoutes(router, control);
  resourceRoutes(router, control);
  clientRoutes(router, control);
  consentRoutes(router, control);
  altinn2Routes(router, control);
  takeoverRoutes(router, control);
  weatherRoutes(router, control);
};
