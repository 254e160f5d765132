import { z } from 'zod';

const words = z.string().transform((text) => text.split(/[\s,]+/).filter((word) => word !== ''));
const each = (pattern: RegExp, fault: string) =>
  words
    .refine((all) => all.every((word) => pattern.test(word)), fault)
    .refine((all) => new Set(all).size === all.length, 'names one of them twice');

/** The operator's own, where it owns APIs itself; none of it unless it is said. */
export const ownerListSettings = {
  OWNER_SCOPES: each(/^[\w.-]+:[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/, 'is a list of scopes').optional(),
  OWNER_ACCESS_LISTS: each(/^[\w-]+\/[\w.-]+$/, 'is a list of owner/identifier').optional(),
  OWNER_SRR_SERVICES: each(/^\w+_\d+$/, 'is a list of {code}_{edition}').optional(),
};

/** Lists that `hub consumers sync` keeps, by register. */
export const ownerLists = (read: {
  OWNER_SCOPES?: string[] | undefined;
  OWNER_ACCESS_LISTS?: string[] | undefined;
  OWNER_SRR_SERVICES?: string[] | undefined;
}) => ({
  maskinporten: read.OWNER_SCOPES ?? [],
  'access-list': read.OWNER_ACCESS_LISTS ?? [],
  srr: read.OWNER_SRR_SERVICES ?? [],
});
