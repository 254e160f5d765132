import type { JsonWebKey, KeyObject } from 'node:crypto';

type Organization = {
  orgno: string;
  name: string;
  /** Altinn's internal name for a party; it shows in the answer to a repeated create. */
  partyUuid: string;
  /** Persons (eleven digits) who may answer on its behalf. */
  managers: Set<string>;
};

export type Person = { id: string; name: string; partyUuid: string };

/** A key as posted on a client; `imported` is filled at its first use. */
export type ClientKey = { kid: string; jwk: JsonWebKey; postedAt: Date; imported?: KeyObject };

export type Client = {
  clientId: string;
  name: string;
  orgno: string;
  active: boolean;
  scopes: Set<string>;
  keys: Map<string, ClientKey>;
  /** The client's own wish for the life of its tokens, in seconds. */
  tokenLifeSeconds: number | null;
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

type Text = { nb: string; nn?: string; en: string };

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
  /** For a MaskinportenSchema: what a consumer delegates with it. */
  scopes: string[];
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
  /** Resource → organisations on its access list. */
  accessLists: Map<string, Set<string>>;
};

export const grantKey = (orgno: string, scope: string): string => `${orgno} ${scope}`;

export const delegationKey = (consumer: string, supplier: string, scope: string): string =>
  `${consumer} ${supplier} ${scope}`;
