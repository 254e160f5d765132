import type { Examination } from '../../compose-examination.ts';
import { verdictOf } from '../../domain/client-keys.ts';
import { clientWarnings } from '../../domain/client-scopes.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { ClientWithKeys } from '../../usecases/memory.ts';
import type { SigningKey } from '../../usecases/ports.ts';
import { type Finding, note, ok, untried, wrong } from './finding.ts';
import { type House, type Outside, readHouse } from './house.ts';
import { keyLines, nameOf } from './key-lines.ts';
import { openedKey, refused, type Tried, tryToken } from './try-token.ts';

type Key = ClientWithKeys['keys'][number];

const change = 'PATCH /operator/v1/maskinporten-clients/{id}';

const purposeLine = ({ purpose, scopes }: ClientWithKeys, { services }: House, consentScope: string): Finding => {
  if (purpose === 'admin') return ok('purpose', 'admin: the operator’s own matters, never a tenant’s');
  if (purpose === 'consents') {
    const missing = scopesNamed(consentScope).filter((scope) => !scopes.includes(scope));
    return missing.length === 0
      ? ok('purpose', `consents: asks with ${consentScope}`)
      : { ...wrong('purpose', `consents, and lacks ${missing.join(', ')}`, change), mover: 'operator' };
  }
  const served = services.filter(({ dataScope }) => scopes.includes(dataScope)).map(({ key }) => key);
  return served.length > 0
    ? ok('purpose', `data, for ${served.join(', ')}`)
    : note('purpose', 'data, and no service of the catalogue names one of its scopes');
};

const stoppedLines = (parts: Examination, { stoppedAt, stoppedProblem }: ClientWithKeys): Finding[] => {
  if (!stoppedAt) return [];
  const since = `nothing has been asked for with it since ${stoppedAt.toISOString().slice(0, 16)}Z`;
  if (!stoppedProblem) return [{ ...wrong('stopped', since, 'the log says why'), mover: 'operator' }];
  return [{ ...refused(parts, 'stopped', stoppedProblem), says: `${since}: ${stoppedProblem.detail}` }];
};

/** Maskinporten finds out who asks before it looks at what is asked for: these say that it knew. */
const isProof = (tried: Tried): boolean => verdictOf('issued' in tried ? undefined : tried.problem) === 'taken';

const takenLine = (parts: Examination, key: Key, tried: Tried): Finding => {
  if ('issued' in tried || isProof(tried))
    return ok('key taken', `Maskinporten takes grants signed with ${nameOf(key)}`);
  const line = refused(parts, 'key taken', tried.problem);
  const says = `${nameOf(key)}: ${tried.problem.detail}`;
  // Not registered yet, or less than two minutes ago: until it signs, nobody misses it.
  return key.state === 'pending' ? { ...line, state: 'note', says } : { ...line, says };
};

const scopeLine = (parts: Examination, scope: string, tried: Tried, { lives }: House): Finding => {
  const life = lives[scope];
  if (isProof(tried) && !('problem' in tried && tried.problem.code === 'client-scope-missing'))
    return ok('scope', `${scope} is registered on the client${life ? `; its tokens live ${life} s at most` : ''}`);
  return 'problem' in tried ? refused(parts, 'scope', tried.problem) : untried('scope', scope);
};

const scopeLines = async (
  parts: Examination,
  client: ClientWithKeys,
  signer: { key: SigningKey; first: Tried },
  house: House,
): Promise<Finding[]> => {
  const lines: Finding[] = [];
  let why = isProof(signer.first) ? undefined : 'the key was not taken';
  for (const [place, scope] of client.scopes.entries()) {
    if (why !== undefined) {
      lines.push(untried('scope', `${scope}: ${why}`));
      continue;
    }
    const ask = { clientId: client.clientId, key: signer.key, scope, consumer: parts.settings.operatorOrgno };
    const tried = place === 0 ? signer.first : await tryToken(parts, ask);
    lines.push(scopeLine(parts, scope, tried, house));
    if ('problem' in tried && tried.problem.code === 'maskinporten-unavailable') why = 'Maskinporten did not answer';
  }
  return lines;
};

/** Opens the keys that sign or are to sign, and asks for a token in the operator's own name with each scope. */
const askedLines = async (parts: Examination, client: ClientWithKeys, outside: Outside, house: House) => {
  const opened: Finding[] = [];
  const asked: Finding[] = [];
  const canAsk = outside.maskinporten.state === 'ok';
  const [scope] = client.scopes;
  let signer: { key: SigningKey; first: Tried } | undefined;
  for (const key of client.keys.filter(({ state }) => state === 'active' || state === 'pending')) {
    const found = await openedKey(parts, { client, key });
    if ('closed' in found) {
      const says = `${nameOf(key)}: ${found.closed}`;
      const next = 'these must be the workers’ settings, and the database theirs; else add another key';
      opened.push(
        found.why === 'not-ours'
          ? untried('private key', says)
          : { ...wrong('private key', says, next), mover: 'operator' },
      );
      asked.push(untried('key taken', `${nameOf(key)}: its private part was not opened`));
      continue;
    }
    opened.push(ok('private key', `${nameOf(key)} ${key.source ? 'signs where it lies' : 'can be opened'}`));
    if (!canAsk || scope === undefined) {
      const why = canAsk ? 'the client holds no scope to ask for' : 'Maskinporten does not answer';
      asked.push(untried('key taken', `${nameOf(key)}: ${why}`));
      continue;
    }
    const ask = { clientId: client.clientId, key: found.key, scope, consumer: parts.settings.operatorOrgno };
    const first = await tryToken(parts, ask);
    asked.push(takenLine(parts, key, first));
    if (key.state === 'active') signer = { key: found.key, first };
  }
  const scopes = signer
    ? await scopeLines(parts, client, signer, house)
    : client.scopes.map((one) => untried('scope', `${one}: no key to ask with`));
  return { opened, asked: [...asked, ...scopes] };
};

/** From the client's row here to what Maskinporten says of each of its scopes. Found by name, `client_id` or our own id. */
export const clientPath = async (parts: Examination, called: string, outside: Outside): Promise<Finding[]> => {
  const house = await readHouse(parts);
  const found = house.clients.filter(({ id, name, clientId }) => [id, name, clientId].includes(called));
  const [client] = found;
  if (!client || found.length > 1) {
    const all = (found.length > 1 ? found : house.clients).map(({ name, clientId }) => `\n“${name}” ${clientId}`);
    const says = client
      ? `${found.length} clients have this name:`
      : `none is called that; there ${all.length === 1 ? 'is' : 'are'}${all.length === 0 ? ' none at all' : ''}`;
    const next = client ? 'ask for one by its client_id' : 'POST /operator/v1/maskinporten-clients registers one';
    return [{ ...wrong('registered', `${says}${all.join('')}`, next), mover: 'operator' }];
  }
  const { consentScope } = parts.settings;
  const dataScopes = house.services.map(({ dataScope }) => dataScope);
  const warnings = clientWarnings(client, { consentScope, dataScopes, lives: house.lives });
  const { opened, asked } = await askedLines(parts, client, outside, house);
  return [
    ok('registered', `“${client.name}”, ${client.clientId}, since ${client.createdAt.toISOString().slice(0, 10)}`),
    purposeLine(client, house, consentScope),
    ...warnings.map(({ detail }) => note('warning', detail)),
    ...stoppedLines(parts, client),
    ...keyLines(client, parts.clock.now()),
    ...opened,
    outside.maskinporten,
    outside.clock,
    ...asked,
  ];
};
