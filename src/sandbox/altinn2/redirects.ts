import { type SrrRight, serviceName, type World } from '../world.ts';
import type { ConsentRequest, RequestedService } from './state.ts';

/** The right of an organisation to a service that holds now, if the data source has registered one. */
export const rightOf = ({ srr }: World, service: string, reportee: string, now: Date): SrrRight | undefined =>
  srr.find((right) => right.service === service && right.reportee === reportee && right.validTo > now);

/** `[scheme://]host`, where the host may begin with `*.`: paths never count, a port only where the pattern has one. */
const matches = (pattern: string, url: URL): boolean => {
  const [, scheme, host = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/]*)/i.exec(pattern.trim()) ?? [];
  const schemes = scheme === undefined ? ['http:', 'https:'] : [`${scheme.toLowerCase()}:`];
  if (!schemes.includes(url.protocol) || host === '') return false;
  const actual = host.includes(':') ? url.host : url.hostname;
  return host.startsWith('*.')
    ? actual.toLowerCase().endsWith(host.slice(1).toLowerCase())
    : actual.toLowerCase() === host.toLowerCase();
};

/** May browsers be sent there? The rights register decides for each service where it says anything, else the API key. */
export const isAllowedRedirect = (
  world: World,
  redirectUrl: string,
  request: { coveredBy: string; services: Pick<RequestedService, 'serviceCode' | 'editionCode'>[] },
  keyHosts: string[],
  now: Date,
): boolean => {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(redirectUrl) || !URL.canParse(redirectUrl)) return false;
  const url = new URL(redirectUrl);
  return request.services.every((service) => {
    const registered = rightOf(world, serviceName(service), request.coveredBy, now)?.allowedRedirectDomain;
    const patterns = registered ? registered.split(';') : keyHosts;
    return patterns.some((pattern) => matches(pattern, url));
  });
};

/** Where the browser goes after an answer that was not given in the portal. Nothing is signed; the message is encoded twice. */
export const redirectAfter = ({ redirectUrl, code, status }: ConsentRequest): string => {
  const outcome =
    status === 'Accepted'
      ? `AuthorizationCode=${code}&Status=OK`
      : `Status=Failed&ErrorMessage=User%2520did%2520not%2520give%2520consent&FailedAuthorizationCode=${code}`;
  const url = new URL(redirectUrl).href;
  const end = url.includes('#') ? url.indexOf('#') : url.length;
  return `${url.slice(0, end)}${url.slice(0, end).includes('?') ? '&' : '?'}${outcome}${url.slice(end)}`;
};
