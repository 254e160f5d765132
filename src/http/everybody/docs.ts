import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { Problem } from '../../domain/problem.ts';
import { type Route, route } from '../route.ts';

const require = createRequire(import.meta.url);

/** Everything comes from here; no inline script. Swagger UI shows small images it carries in its style sheet. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const start = `'use strict';
SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#docs', deepLinking: true, docExpansion: 'list', defaultModelsExpandDepth: 0,
  filter: true, validatorUrl: null, persistAuthorization: false,
});
`;

const script = 'text/javascript; charset=utf-8';
type Asset = { type: string; bytes: Buffer; version: string };

const read = async (): Promise<Map<string, Asset>> => {
  const files: [name: string, type: string, bytes: Buffer][] = [
    ['swagger-ui.css', 'text/css; charset=utf-8', await readFile(require.resolve('swagger-ui-dist/swagger-ui.css'))],
    ['swagger-ui-bundle.js', script, await readFile(require.resolve('swagger-ui-dist/swagger-ui-bundle.js'))],
    ['start.js', script, Buffer.from(start)],
  ];
  return new Map(
    files.map(([name, type, bytes]) => [
      name,
      { type, bytes, version: createHash('sha256').update(bytes).digest('base64url').slice(0, 16) },
    ]),
  );
};

/** Read once, when somebody first wants them: they are large, and most hubs are never asked. */
let assets: Promise<Map<string, Asset>> | undefined;
const readOnce = (): Promise<Map<string, Asset>> => {
  assets ??= read().catch((error: unknown) => {
    assets = undefined;
    throw error;
  });
  return assets;
};

const pageWith = (versions: Map<string, Asset>): string => {
  const address = (file: string) => `/docs/${file}?v=${versions.get(file)?.version}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>samtykkehub: API documentation</title><link rel="stylesheet" href="${address('swagger-ui.css')}"></head>
<body><main id="docs"><noscript>This page needs JavaScript. Without it: <a href="/openapi.json">the OpenAPI document</a> and
<a href="/problems">all problems</a>.</noscript></main>
<script src="${address('swagger-ui-bundle.js')}"></script><script src="${address('start.js')}"></script></body></html>
`;
};

/** An address with the version in it never means anything else; one without is asked for each time. */
const kept = { 'cache-control': 'public, max-age=31536000, immutable' };

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
    handle: async () => ({
      status: 200,
      content: { type: 'text/html; charset=utf-8', bytes: pageWith(await readOnce()), policy },
    }),
  }),
  route({
    ...all,
    name: 'readDocsAsset',
    path: '/docs/:file',
    summary: 'What that page is made of',
    params: z.strictObject({ file: z.string() }),
    query: z.strictObject({ v: z.string().max(100).optional() }),
    replies: { 200: 'page' },
    handle: async ({ params, query }) => {
      // Only files named above can be asked for.
      const asset = (await readOnce()).get(params.file);
      if (!asset) throw new Problem('not-found', 'No such file');
      return { status: 200, headers: query.v === asset.version ? kept : {}, content: asset };
    },
  }),
];
