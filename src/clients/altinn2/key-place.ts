import { z } from 'zod';
import type { Log } from '../../lib/log.ts';
import type { HttpCaller } from '../http-caller.ts';

const ServerMetadata = z.looseObject({ jwks_uri: z.url({ protocol: /^https?$/ }) });

/** Where Altinn 2's metadata says that its keys are; the place they have always been where there is none to be read. */
export const altinn2KeyPlace = (base: URL, http: HttpCaller, log: Log) => async (): Promise<URL> => {
  const usual = new URL('api/metadata/jwk', base);
  const url = new URL('.well-known/oauth-authorization-server', base);
  const answer = await http
    .call({ method: 'GET', url, headers: { accept: 'application/json' } })
    .catch((error: unknown) => {
      log.warn({ error }, 'altinn 2: its metadata was not read');
      return undefined;
    });
  const { data } = ServerMetadata.safeParse(answer?.status === 200 ? answer.body : undefined);
  if (!data) return usual;
  const named = new URL(data.jwks_uri);
  // `www.altinn.no` has them at `altinn.no`. What came over TLS is not to be spoilt by what does not.
  const isTheirs = named.host === base.host || `www.${named.host}` === base.host;
  return isTheirs && (base.protocol !== 'https:' || named.protocol === 'https:') ? named : usual;
};
