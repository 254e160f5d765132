import type { Examination } from '../../compose-examination.ts';
import type { ProblemCode } from '../../domain/problem.ts';
import { type Mover, problems } from '../../domain/problems.ts';
import type { BlockedConsents } from '../../store/open-reader.ts';
import { problemLink } from '../../usecases/access/problem-link.ts';
import type { ApiKey, Tenant, WebhookEndpoint } from '../../usecases/use-cases.ts';
import type { KeptDelivery } from '../../usecases/webhook-rows-port.ts';
import { ago, count, type Finding, note, ok, span, wrong } from './finding.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** So many of its newest deliveries tell how an endpoint fares. */
const newest = 20;

/** The rest of an address may be a secret. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'an address that cannot be read');

const webhookLine = (
  { id, url, status }: Pick<WebhookEndpoint, 'id' | 'url' | 'status'>,
  deliveries: KeptDelivery[],
  now: Date,
): Finding => {
  const host = hostOf(url);
  if (status === 'disabled') return note('webhook', `${host} is disabled: nothing is sent there`);
  const attempts = deliveries.flatMap((delivery) => delivery.attempts);
  const [last] = attempts.sort((one, other) => other.at.getTime() - one.at.getTime());
  if (!last) return ok('webhook', `${host}: nothing has been sent there yet`);
  const { httpStatus, error, at } = last;
  if (httpStatus !== undefined && httpStatus < 300) return ok('webhook', `${host} took the last one, ${ago(at, now)}`);
  const said = httpStatus === undefined ? (error ?? 'no answer') : `HTTP ${httpStatus}`;
  const waiting = deliveries.filter((delivery) => delivery.status === 'pending').length;
  const says = `${host}: the last try, ${ago(at, now)}, failed (${said}); ${count(waiting, 'event waits', 'events wait')}`;
  return { ...wrong('webhook', says, `GET /v1/webhook-endpoints/${id}/deliveries has each try`), mover: 'tenant' };
};

/** Of a consent's problem as it was kept; what is not in today's table is nobody's move that we know. */
const moverOf = ({ code }: BlockedConsents): Mover | undefined =>
  Object.hasOwn(problems, code) ? problems[code as ProblemCode].mover : undefined;

const blockedLine = ({ settings }: Examination, row: BlockedConsents, now: Date): Finding => {
  const { code, link, consents, since } = row;
  const mover = moverOf(row);
  const title = mover === undefined ? code : problems[code as ProblemCode].title;
  return {
    what: 'blocked',
    state: 'wrong',
    says: `${count(consents, 'consent waits', 'consents wait')}, the longest for ${span((now.getTime() - since.getTime()) / 1000)}: ${title}`,
    code,
    ...(mover === undefined ? {} : { mover, ...problemLink(settings, mover) }),
    ...(link === null ? {} : { link }),
  };
};

const keyLines = (keys: readonly ApiKey[], now: Date): Finding[] => {
  const alive = keys.filter(({ revokedAt, expiresAt }) => !revokedAt && !(expiresAt && expiresAt <= now));
  const next = 'POST /operator/v1/tenants/{id}/api-keys';
  if (alive.length === 0)
    return [{ ...wrong('API keys', 'none that opens anything: its apps are shut out', next), mover: 'operator' }];
  const ending = alive.filter(({ expiresAt }) => expiresAt && expiresAt.getTime() - now.getTime() < 30 * dayMs);
  if (ending.length === 0) return [ok('API keys', `${alive.length}, and none ends within thirty days`)];
  return ending.map(({ name, expiresAt }) => ({
    ...note('API keys', `“${name}” ends ${expiresAt?.toISOString().slice(0, 10)}`, 'POST /v1/api-keys makes another'),
    mover: 'tenant',
  }));
};

/** What is the tenant's own: where browsers and events go, which consents wait, and its apps' keys. */
export const ownLines = async (parts: Examination, { id, redirectUrls }: Tenant): Promise<Finding[]> => {
  const now = parts.clock.now();
  const { endpoints, keys } = await parts.reader.asTenant(id, async (rows) => {
    const found = [];
    for (const endpoint of await rows.endpoints.list())
      found.push({ endpoint, deliveries: (await rows.deliveries.list(endpoint.id, { limit: newest })).items });
    return { endpoints: found, keys: await rows.apiKeys.list() };
  });
  const blocked = await parts.reader.blockedConsents(id);
  const next = 'PATCH /operator/v1/tenants/{id} with {"redirectUrls": [address]}';
  return [
    redirectUrls.length > 0
      ? ok('redirects', redirectUrls.map(hostOf).join(', '))
      : { ...wrong('redirects', 'no address for browsers to come back to', next), mover: 'operator' },
    ...(endpoints.length === 0
      ? [note('webhook', 'none: the tenant reads its events by cursor, or not at all')]
      : endpoints.map(({ endpoint, deliveries }) => webhookLine(endpoint, deliveries, now))),
    ...(blocked.length === 0
      ? [ok('blocked', 'no consent waits for somebody outside')]
      : blocked.map((row) => blockedLine(parts, row, now))),
    ...keyLines(keys, now),
  ];
};
