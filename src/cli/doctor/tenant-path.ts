import type { Examination } from '../../compose-examination.ts';
import type { Access } from '../../domain/access.ts';
import type { Generation } from '../../domain/consent.ts';
import { keptProblem, Problem } from '../../domain/problem.ts';
import type { Service } from '../../domain/service.ts';
import { findClient, type UsableClient } from '../../usecases/tokens/find-client.ts';
import type { Tenant } from '../../usecases/use-cases.ts';
import { ago, type Finding, ok, untried, wordsOf, wrong } from './finding.ts';
import { type House, type Outside, readHouse } from './house.ts';
import { nameOf } from './key-lines.ts';
import { ownLines } from './tenant-lines.ts';
import { openedKey, refused, tryToken } from './try-token.ts';

type Walk = {
  parts: Examination;
  tenant: Tenant;
  house: House;
  outside: Outside;
  known: Access[];
  taken: Map<string, Date>;
};

const inPart = (part: string, lines: readonly Finding[]): Finding[] => lines.map((line) => ({ ...line, part }));
const operators = (line: Finding): Finding => ({ ...line, mover: 'operator' });

const tenantLines = ({ name, status, services, createdAt }: Tenant, offered: readonly Service[]): Finding[] => {
  const unknown = services.filter((key) => !offered.some((service) => service.key === key));
  const since = `in the hub since ${createdAt.toISOString().slice(0, 10)}`;
  return [
    status === 'active'
      ? ok('tenant', `${name}, active, ${since}`)
      : operators(
          status === 'suspended'
            ? wrong('tenant', `${name} is suspended: its keys open nothing`, 'POST /operator/v1/tenants/{id}/resume')
            : wrong(
                'tenant',
                `${name} is ${status}, for good`,
                'GET /operator/v1/tenants/{id}/erasure tells how it stands',
              ),
        ),
    services.length > 0
      ? ok('services', services.join(', '))
      : operators(
          wrong('services', 'none: it may ask for nothing', 'PATCH /operator/v1/tenants/{id} with {"services": [key]}'),
        ),
    ...unknown.map((key) =>
      operators(wrong('services', `${key} is not in the catalogue`, 'POST /operator/v1/services defines it')),
    ),
  ];
};

const agoOf = ({ clock }: Examination, at: Date): string => ago(at, clock.now());

/** Where nobody can be asked: what the hub found out the last time it asked. */
const lastKnown = ({ parts, known }: Walk, what: string, scope: string, why: string): Finding => {
  const access = known.find(({ kind, name }) => kind === 'scope' && name === scope);
  const { state, checkedAt, problem } = access ?? {};
  if (!checkedAt || state === 'unknown' || state === undefined)
    return untried(what, `${why}; the hub has not found out yet either`);
  const ago = agoOf(parts, checkedAt);
  if (state === 'granted') return untried(what, `${why}; ${ago} there was a token`);
  const told = problem
    ? refused(parts, what, problem)
    : wrong(what, 'it was refused', 'see the tenant’s GET /v1/readiness');
  return { ...told, says: `as of ${ago}: ${told.says}` };
};

type Asked = { lines: Finding[]; token?: string };

/** Which client asks, and whether Maskinporten gives it a token for this tenant. */
const tokenLines = async (walk: Walk, scope: string): Promise<Asked> => {
  const { parts, tenant, house, outside } = walk;
  let by: UsableClient;
  try {
    by = await findClient({ memories: { clients: async () => house.clients }, settings: parts.settings })(scope);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const line = refused(parts, 'client', keptProblem(error));
    return { lines: [line, lastKnown(walk, 'token', scope, 'no client to ask with')] };
  }
  const client = ok('client', `“${by.client.name}” signs with ${nameOf(by.key)}`);
  // Nothing is asked for in its name, as by the workers.
  if (tenant.status !== 'active') return { lines: [client, untried('token', `${tenant.status}: not tried`)] };
  if (outside.maskinporten.state !== 'ok')
    return { lines: [client, lastKnown(walk, 'token', scope, 'Maskinporten does not answer')] };
  const opened = await openedKey(parts, by);
  if ('closed' in opened) {
    const line =
      opened.why === 'not-ours'
        ? lastKnown(walk, 'token', scope, opened.closed)
        : operators(wrong('token', `${nameOf(by.key)}: ${opened.closed}`, 'hub doctor --client says more'));
    return { lines: [client, line] };
  }
  const ask = { clientId: by.client.clientId, key: opened.key, scope, consumer: tenant.orgno };
  const tried = await tryToken(parts, ask);
  if ('problem' in tried) return { lines: [client, refused(parts, 'token', tried.problem)] };
  const { token, expiresAt } = tried.issued;
  const life = Math.round((expiresAt.getTime() - parts.clock.now().getTime()) / 1000);
  return { lines: [client, ok('token', `Maskinporten gives one for ${tenant.orgno}; it lives ${life} s`)], token };
};

/**
 * Reads a consent that nobody has asked for: not to find it is Altinn’s answer to somebody it knows. Altinn 2 gives that answer to
 * strangers too, and shows its list to none of them.
 */
const altinnLine = async (
  { parts, tenant, outside }: Walk,
  { generation, token }: { generation: Generation; token: string | undefined },
): Promise<Finding> => {
  const isAltinn2 = generation === 'altinn2';
  const answers = isAltinn2 ? outside.altinn2 : outside.altinn;
  if (answers && answers.state !== 'ok') return untried('Altinn', 'it does not answer');
  if (tenant.status !== 'active') return untried('Altinn', `${tenant.status}: not tried`);
  if (token === undefined) return untried('Altinn', 'no token to show');
  const taken = ok('Altinn', isAltinn2 ? 'takes this token, and our API key' : 'takes this token');
  try {
    if (isAltinn2) await parts.altinn2.list({ after: parts.clock.now() }, token, parts.patience());
    else await parts.altinn3.read(parts.ids.uuid(), token, parts.patience());
    return taken;
  } catch (error) {
    if (!(error instanceof Problem)) return wrong('Altinn', wordsOf(error), 'see the log of the workers');
    return error.code === 'altinn-refused' ? taken : refused(parts, 'Altinn', keptProblem(error));
  }
};

/** Each generation that a service of the tenant’s lives in; the newer one where it has none. */
const askingLines = async (walk: Walk, services: readonly Service[]): Promise<Finding[]> => {
  const { altinn2, consentScope } = walk.parts.settings;
  const lives = new Set<Generation>(services.map(({ generation }) => generation));
  if (lives.size === 0) lives.add('altinn3');
  const lines: Finding[] = [];
  if (lives.has('altinn3')) {
    const asking = await tokenLines(walk, consentScope);
    const last = await altinnLine(walk, { generation: 'altinn3', token: asking.token });
    lines.push(...inPart(`Asking for consents: ${consentScope}`, [...asking.lines, last]));
  }
  if (lives.has('altinn2')) {
    const asking = altinn2.byCertificate
      ? { lines: [ok('client', 'none is needed: the enterprise certificate speaks')], token: '' }
      : await tokenLines(walk, altinn2.consentScope);
    const last = await altinnLine(walk, { generation: 'altinn2', token: asking.token });
    lines.push(...inPart(`Asking for consents in Altinn 2: ${altinn2.consentScope}`, [...asking.lines, last]));
    if (!altinn2.byCertificate)
      lines.push(
        ...inPart(
          `Consent tokens of Altinn 2: ${altinn2.tokenScope}`,
          (await tokenLines(walk, altinn2.tokenScope)).lines,
        ),
      );
  }
  return lines;
};

/** Only a consent tells whether its data source lets this tenant ask: what came of the last one is all there is to know. */
const accessListLine = ({ parts, known, taken }: Walk, { key }: Service): Finding => {
  const access = known.find(({ kind, name }) => kind === 'service' && name === key);
  const { state, checkedAt, problem } = access ?? {};
  const takenAt = taken.get(key) ?? (state === 'granted' ? checkedAt : undefined);
  if (state === 'missing' && !(takenAt && checkedAt && takenAt > checkedAt)) {
    const told = problem
      ? refused(parts, 'access list', problem)
      : wrong('access list', `${key} was refused`, 'see the tenant’s GET /v1/readiness');
    return { ...told, says: `${checkedAt ? `as of ${agoOf(parts, checkedAt)}: ` : ''}${told.says}` };
  }
  return takenAt
    ? ok('access list', `Altinn took a consent request for ${key} ${agoOf(parts, takenAt)}`)
    : untried('access list', `${key} shows at its first consent alone`);
};

/** All that must be in place before this tenant’s next consent ends in data, in the order in which it is needed. */
export const tenantPath = async (parts: Examination, orgno: string, outside: Outside): Promise<Finding[]> => {
  const house = await readHouse(parts);
  const tenant = await parts.reader.findTenant(orgno);
  if (!tenant)
    return [operators(wrong('tenant', `none has the number ${orgno}`, 'POST /operator/v1/tenants takes it in'))];
  const known = await parts.reader.asTenant(tenant.id, (rows) => rows.access.list());
  const taken = await parts.reader.lastTaken(tenant.id);
  const walk: Walk = { parts, tenant, house, outside, known, taken };
  const services = house.services.filter(({ key }) => tenant.services.includes(key));
  const asking = await askingLines(walk, services);
  const data: Finding[] = [];
  for (const [scope, of] of Map.groupBy(services, ({ dataScope }) => dataScope)) {
    const { lines } = await tokenLines(walk, scope);
    const keys = of.map(({ key }) => key).join(', ');
    data.push(...inPart(`Data of ${keys}: ${scope}`, [...lines, ...of.map((one) => accessListLine(walk, one))]));
  }
  return [
    ...tenantLines(tenant, house.services),
    outside.maskinporten,
    outside.altinn,
    ...(outside.altinn2 && services.some(({ generation }) => generation === 'altinn2') ? [outside.altinn2] : []),
    outside.clock,
    ...asking,
    ...data,
    ...inPart('The tenant’s own', await ownLines(parts, tenant)),
  ];
};
