import type { Context } from 'koa';
import { stylesheets } from './assets.ts';
import { type Html, html } from './html.ts';
import type { Language } from './texts.ts';

/**
 * No script at all, and styles from here only. There is no `form-action`: browsers apply it to the redirect that
 * follows a form too, and that one goes to whatever address the asking organisation chose.
 */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

type Page = {
  language: Language;
  title: string;
  brand: string;
  /** Beside the brand: says that nothing here is real. */
  notice: string;
  navigation?: Html;
  main: Html;
  footer: string;
  wide?: boolean;
};

const pageMarkup = ({
  language,
  title,
  brand,
  notice,
  navigation,
  main,
  footer,
  wide,
}: Page): Html => html`<!doctype html>
<html lang="${language}" data-color-scheme="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
${stylesheets.map((href) => html`<link rel="stylesheet" href="${href}">`)}
</head>
<body>
<header class="bar${wide && ' wide'}"><div><strong>${brand}</strong><span class="ds-tag" data-color="warning">${notice}</span>${navigation}</div></header>
<main id="main"${wide && html` class="wide"`}>${main}</main>
<footer${wide && html` class="wide"`}><div>${footer}</div></footer>
</body>
</html>`;

export const sendPage = (ctx: Context, status: number, page: Page): void => {
  ctx.set(securityHeaders);
  ctx.type = 'html';
  ctx.body = pageMarkup(page).markup;
  ctx.status = status;
};
