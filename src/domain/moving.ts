import type { Right } from './consent.ts';
import { type Service, upstreamName } from './service.ts';

/** A right as Altinn 3 has it. */
export type RightThere = { resource: string; metadata: Record<string, string> };

export type Moving = {
  services: readonly Service[];
  /** What the tenant may ask for. */
  offered: readonly string[];
  /** Service of Altinn 2 → service of Altinn 3, by key, where the name of the resource does not say it. */
  named: ReadonlyMap<string, string>;
};

const sameText = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Altinn put the names in lower case as it moved them. */
const inLowerCase = (metadata: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));

const sameMetadata = (one: Record<string, string>, other: Record<string, string>): boolean => {
  const [ours, theirs] = [inLowerCase(one), inLowerCase(other)];
  const names = Object.keys(ours);
  return names.length === Object.keys(theirs).length && names.every((name) => ours[name] === theirs[name]);
};

/** `skd_4628_210607` was made of `4628_210607`, whoever owns it; or the operator says which service it is now. */
const standsFor = (resource: string, service: Service, named: Service | undefined): boolean =>
  named
    ? sameText(resource, upstreamName(named))
    : resource.toLowerCase().endsWith(`_${upstreamName(service).toLowerCase()}`);

const movedRight = (right: Right, there: readonly RightThere[], moving: Moving): Right | string => {
  const { services, offered, named } = moving;
  const service = services.find(({ key }) => key === right.service);
  if (!service) return `its service ${right.service} is not in the catalogue`;
  const key = named.get(service.key);
  const target = services.find((one) => one.key === key && one.generation === 'altinn3');
  if (key !== undefined && !target) return `${key} is no service of Altinn 3 in the catalogue`;
  const alike = there.filter(({ resource }) => standsFor(resource, service, target));
  const [first] = alike;
  if (!first) {
    const found = [...new Set(there.map(({ resource }) => resource))].join(', ') || 'no resource';
    return `Altinn 3 has ${found} for it, and nothing that stands for ${service.key}: --map ${service.key}=<service>`;
  }
  const match = alike.find(({ metadata }) => sameMetadata(right.metadata, metadata));
  if (!match) return `its metadata are others at Altinn 3 (${first.resource})`;
  const known = services.filter((one) => one.generation === 'altinn3' && sameText(upstreamName(one), match.resource));
  if (known.length === 0) return `no service stands for ${match.resource}: hub services import ${match.resource}`;
  const allowed = known.find((one) => offered.includes(one.key));
  if (!allowed) return `the tenant is not offered ${known[0]?.key}: PATCH /operator/v1/tenants/{id} with its services`;
  if (service.dataUrl !== undefined && (allowed.dataUrl === undefined || allowed.dataPaths.length === 0))
    return `${allowed.key} does not say where its data are, and ${service.key} does: PATCH /operator/v1/services/${allowed.key} with dataUrl and dataPaths`;
  return { service: allowed.key, metadata: inLowerCase(right.metadata) };
};

/** The rights of a consent of Altinn 2 as they are called in Altinn 3; or why they cannot be told. */
export const movedRights = (
  rights: readonly Right[],
  there: readonly RightThere[],
  moving: Moving,
): { rights: Right[] } | { why: string } => {
  if (rights.length !== there.length)
    return { why: `it has ${rights.length} rights here, and ${there.length} at Altinn 3` };
  const moved: Right[] = [];
  for (const right of rights) {
    const found = movedRight(right, there, moving);
    if (typeof found === 'string') return { why: found };
    moved.push(found);
  }
  return { rights: moved };
};
