import { isOrgno, isPersonNumber } from '../check-digits.ts';
import type { World } from '../world.ts';
import { type AltinnProblem, problem } from './problems.ts';

export type Party =
  | { kind: 'person'; number: string }
  | { kind: 'organization'; number: string }
  | { kind: 'uuid'; uuid: string }
  | { kind: 'id'; id: string };

const guid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const uuidForm = new RegExp(`^urn:altinn:(?:party|person|organization|systemuser):uuid:(${guid})$`, 'i');

/** Reads a party's URN; numbers must have the right check digits. */
export const parseParty = (urn: string): Party | undefined => {
  const [, kind, number = ''] = /^urn:altinn:(person|organization):identifier-no:(\d+)$/.exec(urn) ?? [];
  if (kind === 'person') return isPersonNumber(number) ? { kind, number } : undefined;
  if (kind === 'organization') return isOrgno(number) ? { kind, number } : undefined;
  const [, uuid] = uuidForm.exec(urn) ?? [];
  if (uuid !== undefined) return { kind: 'uuid', uuid: uuid.toLowerCase() };
  const [, id] = /^urn:altinn:party:id:(\d+)$/.exec(urn) ?? [];
  return id === undefined ? undefined : { kind: 'id', id };
};

export const personUrn = (number: string): string => `urn:altinn:person:identifier-no:${number}`;
export const organizationUrn = (orgno: string): string => `urn:altinn:organization:identifier-no:${orgno}`;

/** The number at the end of a URN of either kind. */
export const numberIn = (urn: string): string => urn.slice(urn.lastIndexOf(':') + 1);

export const isPersonUrn = (urn: string): boolean => urn.startsWith('urn:altinn:person:');

/** What a person's page and the repeated create show. */
export const nameOf = (world: World, urn: string): string => {
  const number = numberIn(urn);
  return world.persons.get(number)?.name ?? world.organizations.get(number)?.name ?? 'Ukjent';
};

export const partyUuidOf = (world: World, urn: string): string => {
  const number = numberIn(urn);
  const party = isPersonUrn(urn) ? world.persons.get(number) : world.organizations.get(number);
  return `urn:altinn:party:uuid:${party?.partyUuid ?? '00000000-0000-0000-0000-000000000000'}`;
};

/** Finds a party in the register and names it by its number; else the problem Altinn answers at once. */
export const lookUpParty = (world: World, urn: string): { urn: string } | { unknown: AltinnProblem } => {
  const party = parseParty(urn);
  if (party?.kind === 'person') {
    return world.persons.has(party.number) ? { urn } : { unknown: problem('AM-00004', { fnumber: urn }) };
  }
  if (party?.kind === 'organization') {
    return world.organizations.has(party.number) ? { urn } : { unknown: problem('AM-00003', { orgnr: urn }) };
  }
  if (party?.kind === 'uuid') {
    const person = [...world.persons.values()].find(({ partyUuid }) => partyUuid === party.uuid);
    if (person) return { urn: personUrn(person.id) };
    const organization = [...world.organizations.values()].find(({ partyUuid }) => partyUuid === party.uuid);
    if (organization) return { urn: organizationUrn(organization.orgno) };
  }
  return { unknown: problem('AM-00003', { orgnr: urn }) };
};
