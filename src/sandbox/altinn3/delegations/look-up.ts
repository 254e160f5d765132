import { orgnoIn, type ReadBearer, scopesIn } from '../../bearer.ts';
import { isOrgno } from '../../check-digits.ts';
import type { Ask, Reply } from '../../exchange.ts';
import type { World } from '../../world.ts';
import { bindingRefusal, forbidden, titledRefusal, unauthorized } from '../problems.ts';
import { delegated } from './delegated.ts';

const parameters = ['scope', 'supplierOrg', 'consumerOrg'] as const;
const readScopes = ['altinn:maskinporten/delegations', 'altinn:maskinporten/delegations.read'];

const prefixOf = (scope: string): string => scope.slice(0, scope.indexOf(':'));

/** Maskinporten puts the prefixes an organisation owns into its tokens (`consumer_prefix`); here they are looked up. */
const ownsPrefix = ({ scopes }: World, orgno: string | undefined, scope: string): boolean =>
  [...scopes.values()].some(({ name, owner }) => owner === orgno && prefixOf(name) === prefixOf(scope));

/** `GET …/maskinporten/delegations/`: who has delegated what to whom, for the owner of a scope and for Maskinporten. */
export const delegationLookup =
  (world: World, readBearer: ReadBearer) =>
  async (ask: Ask): Promise<Reply> => {
    const claims = await readBearer(ask.headers);
    if (!claims) return unauthorized();
    const forAll = scopesIn(claims).includes('altinn:maskinporten/delegations.admin');
    if (!forAll && !scopesIn(claims).some((scope) => readScopes.includes(scope))) return forbidden();
    const [scope, supplier, consumer] = parameters.map((name) => ask.query.get(name) || undefined);
    if (scope === undefined && supplier === undefined && consumer === undefined)
      return titledRefusal(400, `Missing query parameters; provide at least one of: ${parameters.join(', ')}`);
    const bad = [
      { name: 'supplierOrg', orgno: supplier },
      { name: 'consumerOrg', orgno: consumer },
    ].filter(({ orgno }) => orgno !== undefined && !isOrgno(orgno));
    if (bad.length > 0)
      return bindingRefusal(
        Object.fromEntries(bad.map(({ name }) => [name, [`${name} is not a valid organization number`]])),
      );
    if (!forAll) {
      const text = 'Not authorized for lookup of delegations';
      if (scope === undefined) return titledRefusal(403, `${text} without specifying parameter: scope`);
      if (!ownsPrefix(world, orgnoIn(claims.consumer), scope))
        return titledRefusal(403, `${text} for the scope: ${scope}`);
    }
    const found = delegated(world)
      .filter(
        (one) =>
          (scope === undefined || one.scopes.includes(scope)) &&
          (supplier === undefined || one.supplier === supplier) &&
          (consumer === undefined || one.consumer === consumer),
      )
      .map((one) => ({
        consumer_org: one.consumer,
        supplier_org: one.supplier,
        delegation_scheme_Id: null,
        scopes: one.scopes,
        created: one.created.toISOString(),
        resourceid: one.resource ?? 'sandbox-alone',
      }));
    return { status: 200, body: found };
  };
