import { z } from 'zod';
import type { ScopeCatalogue } from '../../usecases/ports.ts';
import { openHttpCaller } from '../http-caller.ts';

/** Thousands of scopes, each with some twenty members and texts of any length. */
const maxBytes = 50_000_000;

/** Of each entry what we look at. One that cannot be read is left out: it says nothing of the others. */
const Entry = z.looseObject({ name: z.string(), at_max_age: z.number().int().min(0).nullish() });

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
  return {
    async longestLives(scopes, signal) {
      const headers = { accept: 'application/json' };
      const { status, body } = await http.call({ method: 'GET', url, headers }, signal);
      if (status !== 200 || !Array.isArray(body)) throw new Error(`${url.href} answered ${status}, and no list`);
      const wanted = new Set(scopes);
      const found = body.flatMap((one: unknown) => {
        const { data } = Entry.safeParse(one);
        return data && wanted.has(data.name) ? [[data.name, data.at_max_age ?? 0] as const] : [];
      });
      return Object.fromEntries(found);
    },
    close: http.close,
  };
};
