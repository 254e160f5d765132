import { z } from 'zod';
import type { WholeConsent } from '../../usecases/consents/moving-port.ts';
import { inLowerCase } from '../in-lower-case.ts';
import { fromWire, Instant } from './wire.ts';

/** Old data has been seen with empty metadata, and with none at all. */
const Right = z.preprocess(
  inLowerCase,
  z.looseObject({
    resource: z.array(z.preprocess(inLowerCase, z.looseObject({ value: z.string() }))).min(1),
    metadata: z.record(z.string(), z.string().nullable()).nullish(),
  }),
);
const Whole = z.preprocess(
  inLowerCase,
  z.looseObject({ from: z.string(), validto: Instant, consentrights: z.array(Right) }),
);

/** A consent request with its parties and rights; undefined when it cannot be read, or is about another one. */
export const wholeFromWire = (body: unknown, id: string): WholeConsent | undefined => {
  const consent = fromWire(body, id);
  const { data } = Whole.safeParse(body);
  if (!consent || !data) return undefined;
  const rights = data.consentrights.map(({ resource, metadata }) => ({
    resource: resource[0]?.value ?? '',
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, value ?? ''])),
  }));
  return { ...consent, from: data.from, validTo: data.validto, rights };
};
