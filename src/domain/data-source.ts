import { type DataPattern, dataPatternOf, matches } from './data-path.ts';
import { dataUrlFault, type Service } from './service.ts';

/** What goes on to a data source where its service names no others. */
export const usualRequestHeaders = ['accept', 'accept-encoding', 'accept-language', 'content-encoding', 'content-type'];
/** What comes back from it. */
export const usualResponseHeaders = ['content-encoding', 'content-language', 'content-type', 'retry-after'];
export const usualMaxBytes = 20_000_000;
export const usualTimeoutSeconds = 60;

/** Who asks, who answers and how the connection is used are the hub's own matters, whatever a list says. */
const ownHeaders = new Set([
  ...[
    'authorization',
    'proxy-authorization',
    'proxy-authenticate',
    'proxy-connection',
    'cookie',
    'set-cookie',
    'set-cookie2',
  ],
  ...[
    'forwarded',
    'via',
    'x-real-ip',
    'x-http-method-override',
    'x-original-url',
    'x-rewrite-url',
    'origin',
    'referer',
  ],
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length', 'expect'],
  ...['location', 'refresh', 'link', 'alt-svc', 'clear-site-data', 'strict-transport-security', 'sourcemap'],
  ...['content-security-policy', 'content-security-policy-report-only', 'x-content-type-options', 'referrer-policy'],
  ...['cross-origin-resource-policy', 'cache-control', 'x-request-id', 'hub-service', 'service-worker-allowed'],
]);
const ownBeginnings = ['x-forwarded-', 'access-control-', 'sec-', 'proxy-'];

/** Why a header of that name is never passed on; undefined where a list may name it. */
export const dataHeaderFault = (name: string): string | undefined => {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name)) return 'must be the name of a header, in lower case';
  if (ownHeaders.has(name) || ownBeginnings.some((beginning) => name.startsWith(beginning)))
    return `${name} is never passed on`;
  return undefined;
};

/** Where a service's data are, as the pass-through uses it. */
export type DataSource = {
  /** Scheme, host and port. */
  origin: string;
  /** What stands before each path, without a slash at its end. */
  basePath: string;
  patterns: readonly DataPattern[];
  requestHeaders: readonly string[];
  responseHeaders: readonly string[];
  /** Of a request and of an answer. */
  maxBytes: number;
  /** From the call to the last byte of the answer. */
  timeoutMs: number;
};

const allowed = (names: readonly string[]): string[] => names.filter((name) => dataHeaderFault(name) === undefined);

/** Undefined for a service that names none, or one where no token may be carried to. */
export const dataSourceOf = (
  service: Service,
  production: boolean,
  hosts?: readonly string[],
): DataSource | undefined => {
  const { dataUrl, dataPaths } = service;
  if (dataUrl === undefined || dataUrlFault(dataUrl, production, hosts) !== undefined) return undefined;
  const { origin, pathname } = new URL(dataUrl);
  return {
    origin,
    basePath: pathname.replace(/\/+$/, ''),
    patterns: dataPaths.map(dataPatternOf).filter((pattern) => pattern !== undefined),
    requestHeaders: allowed(service.dataRequestHeaders ?? usualRequestHeaders),
    responseHeaders: allowed(service.dataResponseHeaders ?? usualResponseHeaders),
    maxBytes: service.dataMaxBytes ?? usualMaxBytes,
    timeoutMs: (service.dataTimeoutSeconds ?? usualTimeoutSeconds) * 1000,
  };
};

/** The pattern that lets it out. */
export const patternFor = (
  { patterns }: DataSource,
  method: string,
  segments: readonly string[],
): DataPattern | undefined => patterns.find((pattern) => matches(pattern, method, segments));
