import { createHash } from 'node:crypto';
import { html, type Markup } from '../everybody/markup.ts';
import type { Answer, Content } from '../route.ts';

/** Contrasts of text are 4.5 to 1 at least, in both schemes; on paper it is black on white, and what can only be clicked goes. */
const style = `
:root{color-scheme:light dark;--ink:#1b2733;--dim:#4a5866;--paper:#fff;--ground:#f4f6f8;--line:#c6ced6;--deep:#0b4f96;--on-deep:#fff;
--done:#14632f;--missing:#8a2c0d;--unknown:#4a5866}
@media (prefers-color-scheme:dark){:root{--ink:#e9eef3;--dim:#b2bec9;--paper:#17212b;--ground:#0f171f;--line:#3c4955;--deep:#8cc4ff;--on-deep:#0f171f;
--done:#7fd69a;--missing:#ffb199;--unknown:#b2bec9}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1.0625rem/1.6 system-ui,'Segoe UI',Roboto,'Liberation Sans',sans-serif}
header,main,footer{max-width:46rem;margin:0 auto;padding:1.25rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 2rem;justify-content:space-between;align-items:baseline}
main{padding-block:0 1rem}
nav ul{display:flex;gap:1rem;list-style:none;margin:0;padding:0}
nav [aria-current]{font-weight:700;color:var(--ink);text-decoration:none}
section,article{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:1.25rem 1.5rem;margin:1.25rem 0}
article{padding:0;border:0;margin:1.5rem 0 0}
h1{font-size:1.75rem;line-height:1.25;margin:.5rem 0 1rem}h2{font-size:1.25rem;line-height:1.3;margin:0 0 .75rem}
h3{font-size:1.0625rem;margin:0 0 .25rem}h4{font-size:1.0625rem;margin:0}p{margin:.5rem 0}.lines{white-space:pre-line}
.dim,footer{color:var(--dim);font-size:.9375rem}
a{color:var(--deep)}code{font:.875em ui-monospace,'Liberation Mono',monospace;overflow-wrap:anywhere}
.button{display:inline-block;padding:.7rem 1.4rem;border:0;border-radius:8px;background:var(--deep);color:var(--on-deep);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
ol.how,ul.what{padding-inline-start:1.4rem}ol.how li,ul.what li{margin:.4rem 0}
ol.steps{list-style:none;margin:.5rem 0 0;padding:0}
ol.steps>li{border-top:1px solid var(--line);padding:.9rem 0;display:grid;grid-template-columns:9.5rem 1fr;gap:.25rem 1rem}
.state{font-weight:700}.state::before{display:inline-block;width:1.4em}
.done{color:var(--done)}.done::before{content:'✓'}.missing{color:var(--missing)}.missing::before{content:'✗'}.unknown{color:var(--unknown)}.unknown::before{content:'?'}
a:focus-visible,button:focus-visible{outline:3px solid var(--deep);outline-offset:3px}
@media (max-width:34rem){ol.steps>li{grid-template-columns:1fr}section{padding:1rem}}
@media print{:root{color-scheme:light;--ink:#000;--dim:#333;--paper:#fff;--ground:#fff;--line:#999;--deep:#000;--done:#000;--missing:#000;--unknown:#000}
body{font-size:11pt}header,main,footer{max-width:none;padding-inline:0}nav,form,.screen{display:none}section{border:0;padding:0}ol.steps>li,h2,h3{break-inside:avoid}
.button{padding:0;background:none;color:#000}a[href^=http]::after{content:' (' attr(href) ')';font-weight:400;overflow-wrap:anywhere}}`;

/** No script, no image, nothing from elsewhere; the one form leads back to where it came from. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;

/** Beside what every response carries: not for search engines, and in nobody's frame. */
const headers = { 'x-robots-tag': 'noindex, nofollow', 'x-frame-options': 'DENY' };

type Page = { lang: string; title: string; header?: Markup; main: Markup; footer?: Markup };

const contentOf = ({ lang, title, header, main, footer }: Page): Content => ({
  type: 'text/html; charset=utf-8',
  policy,
  bytes: html`<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow"><title>${title}</title><style>${{ markup: style }}</style></head>
<body>
${header && html`<header>${header}</header>`}
<main>
${main}
</main>
${footer && html`<footer>${footer}</footer>`}
</body></html>
`.markup,
});

export const pageAnswer = (status: number, page: Page, more: Record<string, string> = {}): Answer => ({
  status,
  headers: { ...headers, ...more },
  content: contentOf(page),
});
