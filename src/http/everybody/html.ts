import { createHash } from 'node:crypto';
import type { Content } from '../route.ts';

const style = `
:root{color-scheme:light dark;--ink:#1e2b3c;--paper:#fff;--line:#c9d1da;--deep:#0b5cad;--soft:#f3f6f9}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--paper:#15202b;--line:#3a4856;--deep:#7cc0ff;--soft:#1d2a37}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif}
main{max-width:44rem;margin:0 auto;padding:2.5rem 1.25rem}h1{font-size:1.75rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.2rem;margin:2rem 0 .5rem}a{color:var(--deep)}code{background:var(--soft);padding:.1em .35em;border-radius:4px}
pre{background:var(--soft);padding:1rem;border-radius:6px;overflow:auto;font-size:.875rem;line-height:1.45}summary{cursor:pointer}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.45rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
.button{display:inline-block;padding:.75rem 1.5rem;border-radius:6px;background:var(--deep);color:var(--paper);text-decoration:none;font-weight:600}
a:focus-visible,pre:focus-visible,summary:focus-visible{outline:3px solid currentColor;outline-offset:3px}`;
const styleHash = createHash('sha256').update(style).digest('base64');

/** No script, no image, nothing from elsewhere: one style sheet, known by its digest. */
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => named[character] ?? '');

/** Escaped, with `code` in backticks shown as such. */
export const proseHtml = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

/** A small page of our own. `body` is HTML; what goes into it has been escaped. */
export const page = (lang: string, title: string, body: string): Content => ({
  type: 'text/html; charset=utf-8',
  policy,
  bytes: `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main>
${body}
</main></body></html>
`,
});
