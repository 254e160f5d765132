import { z } from 'zod';
import type { Message } from '../../domain/consent.ts';
import { partyNumber } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import { osloTime, readOsloTime } from '../../lib/oslo-time.ts';
import type { ListedRequest, Submission, UpstreamConsent } from '../../usecases/altinn-port.ts';
import { inLowerCase } from '../in-lower-case.ts';

/** Shapes of Altinn 2's consent requests. @see docs/sources/altinn-2.md */

const nameOf = (name: string | undefined, field: string): string => {
  if (name === undefined || name.trim() === '') throw new Problem('name-missing', `Altinn 2 wants ${field}.`);
  return name;
};

/** `4628_210607` → code and edition. @throws Problem `resource-unknown` */
const serviceOf = (resource: string): { ServiceCode: string; ServiceEditionCode: number } => {
  const [, ServiceCode, edition] = /^(\w+)_(\d{1,9})$/.exec(resource) ?? [];
  if (ServiceCode === undefined)
    throw new Problem('resource-unknown', 'A service in the operator’s catalogue has no code and edition of Altinn 2.');
  return { ServiceCode, ServiceEditionCode: Number(edition) };
};

const messageOf = ({ nb, nn, en }: Message): object => ({
  ...(nb !== undefined && { 'no-nb': nb }),
  ...(nn !== undefined && { 'no-nn': nn }),
  ...(en !== undefined && { en }),
});

/**
 * A create as Altinn 2 takes it. Who asks stands in `HandledBy`, unless it is the tenant itself.
 *
 * @throws Problem `name-missing`, `resource-unknown`
 */
export const toWire = (submission: Submission, operatorOrgno: string): object => {
  const { from, fromName, to, requiredDelegator, requiredDelegatorName, validTo, rights, message, redirectUrl } =
    submission;
  return {
    CoveredBy: to,
    ...(to !== operatorOrgno && { HandledBy: operatorOrgno }),
    OfferedBy: partyNumber(from),
    OfferedByName: nameOf(fromName, 'the name of who is asked'),
    ...(requiredDelegator && {
      RequiredDelegator: partyNumber(requiredDelegator),
      RequiredDelegatorName: nameOf(requiredDelegatorName, 'the name of who must answer'),
    }),
    ValidTo: validTo.toISOString(),
    RedirectUrl: redirectUrl,
    RequestResources: rights.map(({ resource, metadata }) => ({ ...serviceOf(resource), Metadata: metadata })),
    ...(message && { RequestMessage: messageOf(message) }),
    PortalViewMode: 'Hide',
  };
};

export const useToWire = ({ resource, at }: { resource: string; at: Date }): object => ({
  ...serviceOf(resource),
  UsageDateTime: osloTime(at),
});

type Status = UpstreamConsent['status'];
/** By Altinn's word in lower case. The last two stay, whatever becomes of the consent: its token alone tells that. */
const statuses: Record<string, Status> = {
  unopened: 'Created',
  opened: 'Created',
  accepted: 'Accepted',
  rejected: 'Rejected',
};

const OsloTime = z.string().transform((text, context) => {
  const read = readOsloTime(text);
  if (!read) context.addIssue('is no time');
  return read ?? z.NEVER;
});

const Link = z.preprocess(inLowerCase, z.looseObject({ href: z.url({ protocol: /^https?$/ }) }));

/** Names in any case: guides write PascalCase, the help pages camelCase. */
const Request = z.preprocess(
  inLowerCase,
  z.looseObject({
    authorizationcode: z.guid().toLowerCase(),
    requeststatus: z.string().nullish(),
    redirecturl: z.string().nullish(),
    lastchanged: OsloTime.nullish().catch(undefined),
    _links: z
      .preprocess(inLowerCase, z.looseObject({ gui: Link.nullish() }))
      .nullish()
      .catch(undefined),
  }),
);

/** Where the person answers, for a request whose answer brings no link: it has always been this page. */
const pageOf = (base: URL, code: string): string => {
  const url = new URL('ui/AccessConsent/request', base);
  url.searchParams.set('id', code);
  return url.href;
};

const seen = (read: z.infer<typeof Request>, base: URL): Omit<UpstreamConsent, 'status'> & { status?: Status } => {
  const { authorizationcode: id, requeststatus, lastchanged, _links } = read;
  const status = statuses[(requeststatus ?? '').toLowerCase()];
  return {
    id,
    ...(status && { status }),
    approvalUrl: _links?.gui?.href ?? pageOf(base, id),
    ...(status === 'Accepted' && lastchanged && { consentedAt: lastchanged }),
  };
};

/** What Altinn says of a request it has just made. Older answers hold no status. */
export const madeFromWire = (body: unknown, base: URL): UpstreamConsent | undefined => {
  const read = Request.safeParse(body);
  return read.success ? { status: 'Created', ...seen(read.data, base) } : undefined;
};

/** What Altinn says of a request; undefined when it cannot be read, or is about another one. */
export const fromWire = (body: unknown, code: string, base: URL): UpstreamConsent | undefined => {
  const read = Request.safeParse(body);
  if (!read.success || read.data.authorizationcode !== code.toLowerCase()) return undefined;
  const { status, ...rest } = seen(read.data, base);
  return status && { ...rest, status };
};

/** A page that holds more is none of Altinn's. */
const mostRequests = 20_000;
const Requests = z.array(Request).max(mostRequests);

const Page = z.preprocess(
  inLowerCase,
  z.looseObject({
    _embedded: z.preprocess(inLowerCase, z.looseObject({ consentrequests: Requests })),
    continuationtoken: z.string().min(1).max(200).nullish(),
    _links: z
      .preprocess(inLowerCase, z.looseObject({ next: Link.nullish() }))
      .nullish()
      .catch(undefined),
  }),
);

const hourMs = 3_600_000;

/**
 * A place in the list that nobody gave us: behind all that changed before that time, as far as clocks tell. Once a year Oslo's
 * show one hour twice, so it is an hour earlier.
 */
export const placeAt = (at: Date): string => `${osloTime(new Date(at.getTime() - hourMs))}.000_0`;

const continuationIn = (href: string | undefined): string | undefined => {
  const found = [...new URL(href ?? 'http://none').searchParams].find(
    ([name]) => name.toLowerCase() === 'continuation',
  );
  return found?.[1] || undefined;
};

/**
 * A page of the list; undefined when any of it cannot be read: what was passed over would be missed in silence. Links are not
 * followed, but searched for where to go on.
 */
export const pageFromWire = (body: unknown, base: URL): { requests: ListedRequest[]; next?: string } | undefined => {
  const page = Page.safeParse(Array.isArray(body) ? { _embedded: { consentrequests: body } } : body);
  if (!page.success) return undefined;
  const { _embedded, continuationtoken, _links } = page.data;
  const requests = _embedded.consentrequests.map((one): ListedRequest | undefined => {
    const { status, ...rest } = seen(one, base);
    const { redirecturl, lastchanged } = one;
    if (!status || !lastchanged) return undefined;
    return { ...rest, status, changedAt: lastchanged, ...(redirecturl && { redirectUrl: redirecturl }) };
  });
  const whole = requests.filter((one) => one !== undefined);
  if (whole.length < requests.length) return undefined;
  const next = continuationtoken ?? continuationIn(_links?.next?.href);
  return { requests: whole, ...(next && whole.length > 0 ? { next } : {}) };
};
