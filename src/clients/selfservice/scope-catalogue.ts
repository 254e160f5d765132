import { z } from 'zod';
import type { ScopeCatalogue } from '../../usecases/ports.ts';
import { openHttpCaller } from '../http-caller.ts';

/** Thousands of scopes, each with some twenty members and texts of any length. */
const maxBytes = 50_000_000;

/** Of each entry what we look at. One that cannot be read is left out: it says nothing of the others. */
const Entry = z.looseObject({ name: z.string(), at_max_age: z.number().int().min(0).nullish() });

/** The same with what is told beside; what cannot be read of that is as good as not said. */
const Whole = Entry.extend({
  active: z.boolean().nullish().catch(undefined),
  allowed_integration_types: z.array(z.string()).nullish().catch(undefined),
  delegation_source: z.string().nullish().catch(undefined),
  accessible_for_all: z.boolean().nullish().catch(undefined),
});

/** The open part of Digdir's self-service API. @see docs/sources/maskinporten.md */
export const openScopeCatalogue = ({
  baseUrl,
  timeoutMs,
}: {
  baseUrl: string;
  timeoutMs?: number;
}): ScopeCatalogue & { close(): Promise<void> } => {
  const http = openHttpCaller({ timeoutMs, maxBytes });
  const url = new URL('api/v1/scopes/all', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const list = async (signal: AbortSignal): Promise<unknown[]> => {
    const headers = { accept: 'application/json' };
    const { status, body } = await http.call({ method: 'GET', url, headers }, signal);
    if (status !== 200 || !Array.isArray(body)) throw new Error(`${url.href} answered ${status}, and no list`);
    return body;
  };
  return {
    async longestLives(scopes, signal) {
      const wanted = new Set(scopes);
      const found = (await list(signal)).flatMap((one) => {
        const { data } = Entry.safeParse(one);
        return data && wanted.has(data.name) ? [[data.name, data.at_max_age ?? 0] as const] : [];
      });
      return Object.fromEntries(found);
    },
    async describe(scopes, signal) {
      const wanted = new Set(scopes);
      return (await list(signal)).flatMap((one) => {
        const { data } = Whole.safeParse(one);
        if (!data || !wanted.has(data.name)) return [];
        return {
          name: data.name,
          active: data.active ?? true,
          forMaskinporten: data.allowed_integration_types?.includes('maskinporten') ?? true,
          delegationSource: data.delegation_source ?? null,
          longestLife: data.at_max_age ?? 0,
          accessibleForAll: data.accessible_for_all ?? false,
        };
      });
    },
    close: http.close,
  };
};

const left = () => Promise.reject(new Error('an API process leaves that to workers'));

/** What a process has that never asks. */
export const unreadCatalogue: ScopeCatalogue = { longestLives: left, describe: left };
