import type { Ask, Reply } from '../exchange.ts';
import type { Resource, World } from '../world.ts';

/** One made from a service of Altinn 2 names it in parts; one that is delegated names its scopes. */
const referencesOf = ({ altinn2, type, scopes }: Resource): object[] => {
  if (type === 'MaskinportenSchema')
    return scopes.map((reference) => ({
      referenceSource: 'Altinn3',
      reference,
      referenceType: 'MaskinportenScope',
    }));
  const [code, edition] = altinn2?.split('_') ?? [];
  if (code === undefined || edition === undefined) return [];
  const part = (referenceType: string, reference: string) => ({ referenceSource: 'Altinn2', reference, referenceType });
  return [part('ServiceCode', code), part('ServiceEditionCode', edition)];
};

const resourceView = (resource: Resource, world: World) => {
  const { identifier, title, owner, type } = resource;
  const name = world.organizations.get(owner.orgno)?.name ?? owner.orgcode;
  return {
    identifier,
    title: { en: title.en, nb: title.nb, nn: title.nn ?? title.nb },
    status: 'Active',
    resourceReferences: referencesOf(resource),
    delegable: true,
    visible: true,
    hasCompetentAuthority: {
      organization: owner.orgno,
      orgcode: owner.orgcode,
      name: { en: name, nb: name, nn: name },
    },
    accessListMode: resource.accessListMode,
    selfIdentifiedUserEnabled: false,
    enterpriseUserEnabled: false,
    resourceType: type,
    authorizationReference: [{ id: 'urn:altinn:resource', value: identifier }],
    versionId: resource.version,
    ...(type === 'Consent' && {
      consentMetadata: Object.fromEntries(resource.metadata.map((key) => [key, {}])),
      consentTemplate: resource.template,
      isOneTimeConsent: resource.oneTime,
      ...(resource.text && { consentText: { ...resource.text, nn: resource.text.nn ?? resource.text.nb } }),
    }),
  };
};

/** `GET …/resource/{id}`; open to everybody. */
export const readResource =
  (world: World) =>
  (ask: Ask): Reply => {
    const resource = world.resources.get(ask.params.id ?? '');
    return resource ? { status: 200, body: resourceView(resource, world) } : { status: 404 };
  };

/** `GET …/resource/resourcelist` and `…/resource/search?ResourceType=&Id=`; open to everybody. */
export const listResources =
  (world: World) =>
  (ask: Ask): Reply => {
    // Parameter names are read without regard to case there.
    const wanted = new Map([...ask.query].map(([name, value]) => [name.toLowerCase(), value.toLowerCase()]));
    const type = wanted.get('resourcetype');
    const id = wanted.get('id');
    const found = [...world.resources.values()].filter(
      (resource) =>
        (type === undefined || resource.type.toLowerCase() === type) &&
        (id === undefined || resource.identifier.toLowerCase().includes(id)),
    );
    return { status: 200, body: found.map((resource) => resourceView(resource, world)) };
  };
