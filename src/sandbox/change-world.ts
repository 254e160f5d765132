import { v7 } from 'uuid';
import {
  type Client,
  type ClientKey,
  delegationKey,
  grantKey,
  type Person,
  type Resource,
  type SrrRight,
  type World,
} from './world.ts';

/** Adds or renames. An organisation is answered for by the first synthetic person unless told otherwise. */
export const addOrganization = (
  world: World,
  {
    orgno,
    name,
    managers,
    partyUuid,
  }: { orgno: string; name: string; managers?: string[] | undefined; partyUuid?: string | undefined },
) => {
  const known = world.organizations.get(orgno);
  const [first] = world.persons.keys();
  const organization = {
    orgno,
    name,
    partyUuid: partyUuid ?? known?.partyUuid ?? v7(),
    managers: managers ? new Set(managers) : (known?.managers ?? new Set(first === undefined ? [] : [first])),
  };
  world.organizations.set(orgno, organization);
  return organization;
};

export const addPerson = (world: World, person: Person): void => {
  world.persons.set(person.id, person);
};

/** What the register has as surname when nobody says: `Kari von der Lippe` → `Lippe`. */
export const lastWord = (name: string): string => name.trim().split(/\s+/).at(-1) ?? name;

/** As the API owner does in Samarbeidsportalen. */
export const grant = (world: World, orgno: string, scope: string): void => {
  world.grants.add(grantKey(orgno, scope));
};

/** As the consumer does in Altinn. */
export const delegate = (
  world: World,
  pair: { consumer: string; supplier: string },
  scope: string,
  now: Date,
): void => {
  world.delegations.set(delegationKey(pair.consumer, pair.supplier, scope), now);
};

/** What a consumer delegates in Altinn is a resource: every scope of it, or none. */
export const delegateResource = (
  world: World,
  pair: { consumer: string; supplier: string },
  { scopes }: Pick<Resource, 'scopes'>,
  now: Date,
): void => {
  for (const scope of scopes) delegate(world, pair, scope, now);
};

/** Taken back again; Maskinporten looks at each request for a token. */
export const withdrawResource = (
  world: World,
  { consumer, supplier }: { consumer: string; supplier: string },
  { scopes }: Pick<Resource, 'scopes'>,
): void => {
  for (const scope of scopes) world.delegations.delete(delegationKey(consumer, supplier, scope));
};

/** As the data source does in the resource registry. */
export const admit = (world: World, resource: string, orgno: string): void => {
  const list = world.accessLists.get(resource) ?? new Set();
  world.accessLists.set(resource, list.add(orgno));
};

type Conditions = Partial<Pick<SrrRight, 'validTo' | 'allowedRedirectDomain' | 'keepSessionAlive' | 'handledBy'>>;

/** As the data source does in Altinn 2's rights register. One right per service and organisation: a second replaces it. */
export const addRight = (
  world: World,
  service: string,
  reportee: string,
  conditions: Conditions,
  now: Date,
): SrrRight => {
  const known = world.srr.find((right) => right.service === service && right.reportee === reportee);
  const entry: SrrRight = {
    id: known?.id ?? Math.max(0, ...world.srr.map(({ id }) => id)) + 1,
    service,
    reportee,
    right: 'read',
    validTo: new Date(now.getTime() + 10 * 365 * 86_400_000),
    allowedRedirectDomain: null,
    keepSessionAlive: false,
    handledBy: null,
    ...conditions,
  };
  world.srr = [...world.srr.filter((right) => right !== known), entry];
  return entry;
};

/**
 * Makes an organisation fully ready in one step: every delegable scope (or those named) granted and delegated to the
 * operator, and its number on every access list and in Altinn 2's rights register.
 */
export const onboard = (
  world: World,
  { orgno, name, scopes }: { orgno: string; name: string; scopes?: string[] | undefined },
  now: Date,
): string[] => {
  addOrganization(world, { orgno, name });
  const delegable = [...world.scopes.values()].filter((scope) => scope.delegationSource !== null);
  const wanted = scopes ?? delegable.map((scope) => scope.name);
  for (const scope of wanted) {
    grant(world, orgno, scope);
    // Nobody can delegate to himself, and Maskinporten refuses `consumer_org` that is the client's own.
    if (orgno !== world.operatorOrgno) delegate(world, { consumer: orgno, supplier: world.operatorOrgno }, scope, now);
  }
  for (const resource of world.resources.values()) {
    if (resource.accessListMode === 'Enabled') admit(world, resource.identifier, orgno);
  }
  for (const [name, { srr }] of world.services) if (srr) addRight(world, name, orgno, {}, now);
  return wanted;
};

/** Replaces a client's keys. One that stays keeps the time it was posted, so that it does not grow younger. */
export const putKeys = (client: Client, jwks: { kid: string; [member: string]: unknown }[], now: Date): void => {
  const kept = new Map<string, ClientKey>();
  for (const jwk of jwks) {
    const old = client.keys.get(jwk.kid);
    const same = old !== undefined && old.jwk.n === jwk.n && old.jwk.e === jwk.e;
    kept.set(jwk.kid, same ? old : { kid: jwk.kid, jwk, postedAt: now });
  }
  client.keys = kept;
};
