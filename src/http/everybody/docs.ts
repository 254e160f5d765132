import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { Problem } from '../../domain/problem.ts';
import { type Content, type Route, route } from '../route.ts';

const require = createRequire(import.meta.url);

/** Everything comes from here; no inline script. Swagger UI shows small images it carries in its style sheet. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>samtykkehub: API documentation</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><main id="docs"><noscript>This page needs JavaScript. Without it: <a href="/openapi.json">the OpenAPI document</a> and
<a href="/problems">all problems</a>.</noscript></main>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
`;

const start = `'use strict';
SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#docs', deepLinking: true, docExpansion: 'list', defaultModelsExpandDepth: 0,
  filter: true, validatorUrl: null, persistAuthorization: false,
});
`;

const script = 'text/javascript; charset=utf-8';
const assets = new Map([
  ['swagger-ui.css', { type: 'text/css; charset=utf-8', path: require.resolve('swagger-ui-dist/swagger-ui.css') }],
  ['swagger-ui-bundle.js', { type: script, path: require.resolve('swagger-ui-dist/swagger-ui-bundle.js') }],
]);

/** Only the files named above can be asked for. */
const assetContent = async (file: string): Promise<Content> => {
  if (file === 'start.js') return { type: script, bytes: start };
  const asset = assets.get(file);
  if (!asset) throw new Problem('not-found', 'No such file');
  return { type: asset.type, bytes: await readFile(asset.path) };
};

const all = { method: 'get', audience: 'everybody', tag: 'For everybody', problems: [], hidden: true } as const;

/** The OpenAPI document, and a page to read it. */
export const docsRoutes = (): Route[] => [
  route({
    ...all,
    name: 'readOpenApi',
    path: '/openapi.json',
    summary: 'The OpenAPI document',
    replies: { 200: z.unknown() },
    handle: async ({ site }) => ({
      status: 200,
      content: { type: 'application/json; charset=utf-8', bytes: site.openApi() },
    }),
  }),
  route({
    ...all,
    name: 'readDocs',
    path: '/docs',
    summary: 'The API documentation, for people',
    replies: { 200: 'page' },
    handle: async () => ({ status: 200, content: { type: 'text/html; charset=utf-8', bytes: html, policy } }),
  }),
  route({
    ...all,
    name: 'readDocsAsset',
    path: '/docs/:file',
    summary: 'What that page is made of',
    params: z.strictObject({ file: z.string() }),
    replies: { 200: 'page' },
    handle: async ({ params }) => ({ status: 200, content: await assetContent(params.file) }),
  }),
];
