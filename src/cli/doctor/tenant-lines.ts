import type { Examination } from '../../compose-examination.ts';
import type { ProblemCode } from '../../domain/problem.ts';
import { type Mover, problems } from '../../domain/problems.ts';
import type { BlockedConsents } from '../../store/open-reader.ts';
import { problemLink } from '../../usecases/access/problem-link.ts';
import type { ApiKey, Tenant } from '../../usecases/use-cases.ts';
import { count, type Finding, hostOf, note, ok, span, wrong } from './finding.ts';
import { webhookLine } from './webhook-line.ts';

const dayMs = 24 * 60 * 60 * 1000;

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
  const { endpoints, keys } = await parts.reader.asTenant(id, async (rows) => ({
    endpoints: await rows.endpoints.list(),
    keys: await rows.apiKeys.list(),
  }));
  const tries = await parts.reader.lastTries(id);
  const blocked = await parts.reader.blockedConsents(id);
  const next = 'PATCH /operator/v1/tenants/{id} with {"redirectUrls": [address]}';
  return [
    redirectUrls.length > 0
      ? ok('redirects', redirectUrls.map(hostOf).join(', '))
      : { ...wrong('redirects', 'no address for browsers to come back to', next), mover: 'operator' },
    ...(endpoints.length === 0
      ? [note('webhook', 'none: the tenant reads its events by cursor, or not at all')]
      : endpoints.map((endpoint) => webhookLine(endpoint, tries.get(endpoint.id), now))),
    ...(blocked.length === 0
      ? [ok('blocked', 'no consent waits for somebody outside')]
      : blocked.map((row) => blockedLine(parts, row, now))),
    ...keyLines(keys, now),
  ];
};
