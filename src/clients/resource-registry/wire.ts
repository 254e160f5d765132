import { z } from 'zod';
import type { RegisteredResource, UnreadableResource } from '../../usecases/registry-port.ts';

/** The registry’s own names: `resourceReferences` are said in pairs of type and text, in whatever order. */
const Reference = z.looseObject({
  referenceSource: z.string().nullish(),
  referenceType: z.string().nullish(),
  reference: z.string().nullish(),
});

/** Of each resource what we look at. Metadata are names with something after them that is of no use to us (`optional` is not obeyed). */
const Resource = z.looseObject({
  identifier: z.string().min(1),
  resourceType: z.string().nullish(),
  status: z.string().nullish(),
  consentTemplate: z.string().max(100).nullish(),
  consentMetadata: z.record(z.string(), z.unknown()).nullish(),
  isOneTimeConsent: z.boolean().nullish(),
  resourceReferences: z.array(Reference).nullish(),
});

const reference = (list: readonly z.infer<typeof Reference>[], type: string): string | undefined =>
  list.find(
    ({ referenceSource, referenceType }) =>
      referenceSource?.toLowerCase() === 'altinn2' && referenceType?.toLowerCase() === type,
  )?.reference ?? undefined;

const altinn2Of = (list: readonly z.infer<typeof Reference>[]): RegisteredResource['altinn2'] => {
  const serviceCode = reference(list, 'servicecode');
  const edition = reference(list, 'serviceeditioncode');
  if (serviceCode === undefined || edition === undefined || !/^\d{1,6}$/.test(edition)) return undefined;
  return { serviceCode, serviceEditionCode: Number(edition) };
};

/** Of one that cannot be read, at least its name where it has one. */
const idOf = (value: unknown): string => {
  const { identifier } = (value ?? {}) as { identifier?: unknown };
  return typeof identifier === 'string' && identifier !== '' ? identifier.slice(0, 100) : 'without a name';
};

export const fromWire = (value: unknown): RegisteredResource | UnreadableResource => {
  const { data, error } = Resource.safeParse(value);
  if (!data) {
    const [issue] = error.issues;
    return { id: idOf(value), fault: `the registry’s entry cannot be read: ${issue?.path.join('.') || 'no object'}` };
  }
  const altinn2 = altinn2Of(data.resourceReferences ?? []);
  return {
    id: data.identifier,
    isConsent: data.resourceType?.toLowerCase() === 'consent',
    metadata: Object.keys(data.consentMetadata ?? {}),
    isOneTime: data.isOneTimeConsent ?? false,
    ...(data.consentTemplate ? { template: data.consentTemplate } : {}),
    ...(data.status ? { status: data.status } : {}),
    ...(altinn2 ? { altinn2 } : {}),
  };
};
