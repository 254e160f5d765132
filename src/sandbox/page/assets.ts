import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type Router from '@koa/router';

/** The little that Designsystemet leaves to its users: where things stand. */
const ownCss = `
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ds-color-neutral-background-tinted); color: var(--ds-color-neutral-text-default);
  font-family: Inter, system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; font-size: 1.125rem; line-height: 1.5; }
.bar { background: var(--ds-color-neutral-background-default); border-bottom: 1px solid var(--ds-color-neutral-border-subtle); }
.bar > div, main, footer > div { width: 100%; max-width: 48rem; margin-inline: auto; padding-inline: 1.25rem; box-sizing: border-box; }
.bar > div { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding-block: .875rem; }
.bar strong { font-size: 1.125rem; }
.side { margin-inline-start: auto; display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .9375rem; }
.ds-heading { font-weight: 600; }
main { flex: 1; padding-block: 2rem 3rem; }
main.wide, .wide > div { max-width: 76rem; }
footer { border-top: 1px solid var(--ds-color-neutral-border-subtle); font-size: .9375rem; color: var(--ds-color-neutral-text-subtle); }
footer > div { padding-block: 1.25rem; }
.stack { display: grid; gap: 1.25rem; }
.stack > * { margin: 0; }
.sheet { padding: 2rem; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
.choices { border: 0; padding: 0; margin: 0; }
.choices > * + * { margin-block: .75rem 0; }
.what { display: grid; gap: 1rem; list-style: none; padding: 0; margin: 0; }
.what > li { border-inline-start: 4px solid var(--ds-color-accent-border-default); padding: .25rem 0 .25rem 1rem; }
.what h3 { margin: 0 0 .25rem; }
.what p { margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: .5rem 0 0; }
dt { color: var(--ds-color-neutral-text-subtle); }
dd { margin: 0; overflow-wrap: anywhere; }
blockquote { margin: 0; padding: .75rem 1rem; background: var(--ds-color-neutral-surface-tinted); border-radius: .5rem; }
code { font-family: ui-monospace, 'Liberation Mono', monospace; font-size: .9em; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.scroll table { width: 100%; font-size: .9375rem; }
@media (min-width: 60rem) { .wide td:first-child > code { white-space: nowrap; } }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; } dd { margin-block-end: .5rem; } .sheet { padding: 1.25rem; } .row .ds-button { width: 100%; } }
`;

const packaged: Record<string, string> = {
  'designsystemet.css': '@digdir/designsystemet-css',
  'theme.css': '@digdir/designsystemet-theme',
};

const load = (name: string): Promise<string> | undefined => {
  if (name === 'sandbox.css') return Promise.resolve(ownCss);
  const specifier = packaged[name];
  return specifier === undefined ? undefined : readFile(fileURLToPath(import.meta.resolve(specifier)), 'utf8');
};

export const stylesheets = ['theme.css', 'designsystemet.css', 'sandbox.css'].map((name) => `/sandbox/assets/${name}`);

/** Designsystemet's style sheets out of their packages: nothing is fetched from anywhere else. */
export const assetRoutes = (router: Router): void => {
  router.get('/sandbox/assets/:name', async (ctx) => {
    const css = await load(ctx.params.name ?? '');
    if (css === undefined) return;
    ctx.type = 'text/css';
    ctx.set('cache-control', 'max-age=3600');
    ctx.body = css;
  });
};
