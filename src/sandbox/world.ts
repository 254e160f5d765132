import type { JsonWebKey, KeyObject } from 'node:crypto';

type Organization = {
  orgno: string;
  name: string;
  /** Altinn's internal name for a party; it shows in the answer to a repeated create. */
  partyUuid: string;
  /** Persons (eleven digits) who may answer on its behalf. */
  managers: Set<string>;
};

export type Person = {
  id: string;
  name: string;
  partyUuid: string /** As the population register has it. */;
  surname: string;
};

/** A key as posted on a client; `imported` is filled at its first use. `endsAt`: before its year is over, as it was posted. */
export type ClientKey = { kid: string; jwk: JsonWebKey; postedAt: Date; endsAt?: Date; imported?: KeyObject };

/** What a client says of itself at the self-service API, beside what counts for tokens. */
type Presentation = { description: string; applicationType: string; created: Date; updated: Date };

export type Client = {
  clientId: string;
  name: string;
  orgno: string;
  active: boolean;
  scopes: Set<string>;
  keys: Map<string, ClientKey>;
  /** The client's own wish for the life of its tokens, in seconds. */
  tokenLifeSeconds: number | null;
  /** What the token endpoint believes until then: what self-service changes takes a while to spread. Oldest first. */
  earlier: (Pick<Client, 'active' | 'scopes' | 'keys'> & { until: Date })[];
  shown: Presentation;
};

export type Scope = {
  name: string;
  owner: string;
  /** Caps the life of a token, in seconds; 0 is no cap. */
  atMaxAge: number;
  delegationSource: string | null;
  accessibleForAll: boolean;
  /** False when its owner's integration types leave Maskinporten out. */
  forMaskinporten: boolean;
};

type Text = { nb: string; nn?: string | undefined; en: string };

export type Resource = {
  identifier: string;
  version: number;
  type: 'Consent' | 'MaskinportenSchema';
  title: Text;
  owner: { orgno: string; orgcode: string };
  accessListMode: 'Enabled' | 'Disabled';
  template: string | null;
  text: Text | null;
  metadata: string[];
  oneTime: boolean;
  /** The service of Altinn 2 it was made from, `{code}_{edition}`. */
  altinn2?: string | null;
  /** For a MaskinportenSchema: what a consumer delegates with it. */
  scopes: string[];
};

/** A consent service of Altinn 2, named `{serviceCode}_{editionCode}`. */
export type Service = {
  serviceCode: string;
  editionCode: number;
  title: Text;
  owner: string;
  template: string;
  /** As the service declares it, in whatever case; all of it must come with a value. */
  metadata: string[];
  /** Ends with the first use that is logged. */
  oneTime: boolean;
  /** Whether consumers must stand in the rights register (SRR). */
  srr: boolean;
  /** Its data source takes no consent that lasts longer; Altinn itself does not look. */
  longestDays: number | null;
};

/** A key to Altinn 2, which belongs to one organisation. */
export type ApiKey = {
  key: string;
  orgno: string;
  /** As in SRR: `[scheme://]host`, `*.domain`; where its owner may have browsers sent back to. */
  redirectHosts: string[];
  /** Must the caller be the key's owner? Without it no consent requests are taken. */
  orgNrMustMatch: boolean;
  /** May it open `/api/serviceowner`? */
  serviceOwner: boolean;
};

/** One right of the data source's own register (SRR): this organisation may be given consents to this service. */
export type SrrRight = {
  id: number;
  service: string;
  reportee: string;
  right: string;
  validTo: Date;
  allowedRedirectDomain: string | null;
  keepSessionAlive: boolean;
  /** The one supplier that may act for the reportee without a delegation. */
  handledBy: string | null;
};

/** One list of the resource registry: its members may use the resources it is connected to. */
export type OwnerList = {
  /** The owner's short name, in lower case. */
  owner: string;
  identifier: string;
  name: string;
  description: string;
  /** Organisation number → since when. */
  members: Map<string, Date>;
  /** Resource → the actions it is good for; none named, all of them. */
  connections: Map<string, { actionFilters: string[]; createdAt: Date; updatedAt: Date }>;
  /** Counts changes; shows as ETag. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
};

/** All the pretend systems know, but for the consents. Pairs and triples are kept as space-separated keys. */
export type World = {
  operatorOrgno: string;
  organizations: Map<string, Organization>;
  persons: Map<string, Person>;
  resources: Map<string, Resource>;
  scopes: Map<string, Scope>;
  clients: Map<string, Client>;
  /** `orgno scope`: the API owner lets this consumer use the scope. */
  grants: Set<string>;
  /** `consumer supplier scope` → when: the consumer lets the supplier use the scope. */
  delegations: Map<string, Date>;
  /** Resource → organisations let in by hand; `ownerLists` let in others. */
  accessLists: Map<string, Set<string>>;
  /** Altinn 2's consent services by name. */
  services: Map<string, Service>;
  apiKeys: Map<string, ApiKey>;
  srr: SrrRight[];
  /** Access lists of the resource registry, as their owners keep them there: `owner/identifier`. */
  ownerLists: Map<string, OwnerList>;
  /** API-delegable services of Altinn 2 (`{code}_{edition}`) → the scopes that are delegated with one. */
  schemes: Map<string, string[]>;
};

export const grantKey = (orgno: string, scope: string): string => `${orgno} ${scope}`;

export const delegationKey = (consumer: string, supplier: string, scope: string): string =>
  `${consumer} ${supplier} ${scope}`;

export const serviceName = ({ serviceCode, editionCode }: Pick<Service, 'serviceCode' | 'editionCode'>): string =>
  `${serviceCode}_${editionCode}`;

/** What a consumer does with a resource whose use an access list guards. */
const asking = 'requestconsent';

/** May this organisation ask for consents to this resource? */
export const isAdmitted = ({ accessLists, ownerLists }: World, resource: string, orgno: string): boolean =>
  (accessLists.get(resource)?.has(orgno) ?? false) ||
  [...ownerLists.values()].some(({ members, connections }) => {
    const filters = connections.get(resource)?.actionFilters;
    return filters !== undefined && members.has(orgno) && (filters.length === 0 || filters.includes(asking));
  });
