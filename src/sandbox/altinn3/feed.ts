import type { ReadBearer } from '../bearer.ts';
import type { Ask, Reply } from '../exchange.ts';
import { formatInstant, type Micros, microsOf, parseInstant } from '../instants.ts';
import {
  bindingRefusal,
  refusal,
  unhandled,
  type ValidationError,
  validationError,
  validationProblem,
} from './problems.ts';
import { readingConsumer } from './read-consent.ts';
import type { Altinn3, ConsentEvent } from './state.ts';

const pageSize = 100;
const eventTypes = ['accepted', 'rejected', 'revoked', 'deleted', 'used'];

/** .NET writes the first three groups of a Guid with the low byte first. */
const swapped = (bytes: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(bytes.subarray(0, 4)).reverse(),
    Buffer.from(bytes.subarray(4, 6)).reverse(),
    Buffer.from(bytes.subarray(6, 8)).reverse(),
    bytes.subarray(8),
  ]);

/** The token that says "what comes after this event". */
export const continuationToken = (eventId: string): string =>
  swapped(Buffer.from(eventId.replaceAll('-', ''), 'hex')).toString('base64');

/** The event's id out of such a token. */
export const eventIdIn = (token: string): string | undefined => {
  const bytes = Buffer.from(token, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== token) return undefined;
  return swapped(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** As .NET's round-trip format writes it: seven decimals and a Z. */
const roundTrip = (micros: Micros): string => {
  const [seconds = '', fraction = ''] = formatInstant(micros).replace('+00:00', '').split('.');
  return `${seconds}.${fraction.padEnd(7, '0')}Z`;
};

/** First event after this id; the list is in the order of the ids. */
const indexAfter = (events: ConsentEvent[], id: string): number => {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.id <= id) low = middle + 1;
    else high = middle;
  }
  return low;
};

type Filters = {
  after: Micros | undefined;
  before: Micros | undefined;
  types: string[];
  request: string | undefined;
  from: string | undefined;
};

const readFilters = (query: URLSearchParams): { filters: Filters } | { refused: Reply } => {
  const bad: Record<string, string[]> = {};
  const errors: ValidationError[] = [];
  const instant = (name: string): Micros | undefined => {
    const text = query.get(name);
    const micros = text === null ? undefined : parseInstant(text);
    if (text !== null && micros === undefined) bad[name] = [`The value '${text}' is not valid.`];
    return micros;
  };
  const after = instant('createdAfter');
  const before = instant('createdBefore');
  const request = query.get('consentRequestId')?.toLowerCase();
  if (request !== undefined && !/^[0-9a-f-]{36}$/.test(request))
    bad.consentRequestId = [`The value '${request}' is not valid.`];
  if (Object.keys(bad).length > 0) return { refused: bindingRefusal(bad) };

  if (after !== undefined && before !== undefined && after >= before) {
    errors.push(validationError('AM.VLD-00051', '$QUERY/createdAfter'));
  }
  const types = query.getAll('eventType');
  if (types.some((type) => !eventTypes.includes(type.toLowerCase())))
    errors.push(validationError('AM.VLD-00052', '$QUERY/eventType'));
  const token = query.get('continuationToken');
  const from = token === null ? undefined : eventIdIn(token);
  if (token !== null && from === undefined) errors.push(validationError('AM.VLD-00053', '$QUERY/continuationToken'));
  if (errors.length > 0) return { refused: refusal(validationProblem(errors)) };
  // The check above ignores case; the database's cast, which comes after it, does not.
  if (types.some((type) => !eventTypes.includes(type))) return { refused: unhandled() };
  return { filters: { after, before, types, request, from } };
};

const nextLink = ({ baseUrl }: Altinn3, lastId: string, { after, before, types, request }: Filters): string => {
  const query = [
    `continuationToken=${encodeURIComponent(continuationToken(lastId))}`,
    ...(after === undefined ? [] : [`createdAfter=${roundTrip(after)}`]),
    ...(before === undefined ? [] : [`createdBefore=${roundTrip(before)}`]),
    ...types.map((type) => `eventType=${type}`),
    ...(request === undefined ? [] : [`consentRequestId=${request}`]),
  ];
  return `${baseUrl}accessmanagement/api/v1/enterprise/consentrequests/events?${query.join('&')}`;
};

/** `GET …/enterprise/consentrequests/events`: oldest first, a hundred at a time, the youngest held back. */
export const eventFeed =
  (altinn: Altinn3, readBearer: ReadBearer) =>
  async (ask: Ask): Promise<Reply> => {
    const caller = await readingConsumer(readBearer, ask);
    if ('refused' in caller) return caller.refused;
    const read = readFilters(ask.query);
    if ('refused' in read) return read.refused;
    const { filters } = read;
    const { settings } = altinn;

    const all = altinn.eventsByConsumer.get(caller.consumer) ?? [];
    const until = microsOf(altinn.clock.now()) - settings.feedLagMs * 1000;
    const page: ConsentEvent[] = [];
    for (
      let index = filters.from ? indexAfter(all, filters.from) : 0;
      index < all.length && page.length < pageSize;
      index += 1
    ) {
      const event = all[index]!;
      if (event.created > until) break;
      if (filters.after !== undefined && event.created < filters.after) continue;
      if (filters.before !== undefined && event.created >= filters.before) continue;
      if (filters.request !== undefined && event.consentId !== filters.request) continue;
      if (filters.types.length > 0 && !filters.types.includes(event.type.toLowerCase())) continue;
      if (event.type === 'Created' && !settings.createdInFeed) continue;
      page.push(event);
    }
    const last = page.length === pageSize ? page.at(-1) : undefined;
    return {
      status: 200,
      body: {
        links: { next: last ? nextLink(altinn, last.id, filters) : null },
        data: page.map(({ consentId, type, created }) => ({
          consentRequestId: consentId,
          eventType: settings.eventTypeCasing === 'lower' ? type.toLowerCase() : type,
          changedDate: formatInstant(created),
        })),
      },
    };
  };
