import { orgnoIn, type ReadBearer, scopesIn } from '../bearer.ts';
import { grant } from '../change-world.ts';
import { isOrgno } from '../check-digits.ts';
import type { Ask, Endpoint, Reply } from '../exchange.ts';
import { grantKey, type Scope, type World } from '../world.ts';
import { fieldRefused, notAllowed, notKnown, notLoggedIn } from './access-refusals.ts';

type State = 'APPROVED' | 'DENIED';
type Row = { state: State; created: Date; updated: Date };
type Parts = { world: World; clock: { now(): Date }; readBearer: ReadBearer };

const path = '/sandbox/api/v1/scopes/access';

/**
 * Who may use which scope: the part of Digdir's self-service API that owners of scopes have. What was taken away stays in
 * the list as `DENIED`, as others' clients of it know.
 */
export const scopeAccessEndpoints = ({ world, clock, readBearer }: Parts): Endpoint[] => {
  const since = clock.now();
  /** What went through this API; the control calls know nothing of times. */
  const rows = new Map<string, Row>();
  const rowOf = (key: string): Row | undefined => {
    const noted = rows.get(key);
    if (world.grants.has(key)) return { created: since, updated: since, ...noted, state: 'APPROVED' };
    return noted && { ...noted, state: 'DENIED' };
  };
  const view = (consumer: string, { name, owner }: Scope, { state, created, updated }: Row) => ({
    scope: name,
    state,
    prefix: null,
    created: created.toISOString(),
    consumer_orgno: consumer,
    last_updated: updated.toISOString(),
    owner_orgno: owner,
  });

  const ownScope = async (ask: Ask): Promise<{ scope: Scope } | { refused: Reply }> => {
    const claims = await readBearer(ask.headers);
    if (!claims) return { refused: notLoggedIn() };
    if (!scopesIn(claims).includes('idporten:scopes.write')) return { refused: notAllowed() };
    const scope = world.scopes.get(ask.query.get('scope') ?? '');
    if (!scope) return { refused: notKnown('scope') };
    return scope.owner === orgnoIn(claims.consumer) ? { scope } : { refused: notAllowed() };
  };

  const change =
    (state: State) =>
    async (ask: Ask): Promise<Reply> => {
      const own = await ownScope(ask);
      if ('refused' in own) return own.refused;
      const { consumer = '' } = ask.params;
      if (!isOrgno(consumer)) return fieldRefused('consumer_orgno', 'is no organisation number');
      const key = grantKey(consumer, own.scope.name);
      const before = rowOf(key);
      if (state === 'DENIED' && !before) return notKnown('access');
      const now = clock.now();
      const row = { state, created: before?.created ?? now, updated: now };
      if (state === 'APPROVED') grant(world, consumer, own.scope.name);
      else world.grants.delete(key);
      rows.set(key, row);
      return { status: 200, body: view(consumer, own.scope, row) };
    };

  return [
    { on: 'scope-access', method: 'put', path: `${path}/:consumer`, handle: change('APPROVED') },
    { on: 'scope-access', method: 'delete', path: `${path}/:consumer`, handle: change('DENIED') },
    {
      on: 'scope-access',
      method: 'get',
      path,
      handle: async (ask) => {
        const own = await ownScope(ask);
        if ('refused' in own) return own.refused;
        const { scope } = own;
        const wanted = ask.query.get('consumer_orgno');
        const consumers = new Set(
          [...world.grants, ...rows.keys()]
            .filter((key) => key.slice(key.indexOf(' ') + 1) === scope.name)
            .map((key) => key.slice(0, key.indexOf(' '))),
        );
        const found = [...consumers]
          .filter((consumer) => wanted === null || consumer === wanted)
          .flatMap((consumer) => {
            const row = rowOf(grantKey(consumer, scope.name));
            return row ? [view(consumer, scope, row)] : [];
          });
        return { status: 200, body: found };
      },
    },
  ];
};
