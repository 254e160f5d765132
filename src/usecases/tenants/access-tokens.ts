import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { TenantScope } from '../../domain/api-key.ts';
import { nobodysTenant } from '../jobs.ts';
import type { Ports } from '../ports.ts';

/** What a token of an app that signs says. */
export type AccessToken = { tenantId: string; keyId: string; scopes: TenantScope[]; endsAt: Date };

/** What every such token begins with. */
export const accessTokenPrefix = 'hub_a_';
const shape = /^hub_a_[\w-]{60,480}$/;

/** Sealed for this alone: nothing else that the ring has sealed can be shown as a token, and no token opens elsewhere. */
const place = { tenantId: nobodysTenant, table: 'access-tokens', column: 'token', row: '' };

/** As many apps as may call at once, with room for what they showed before. */
const mostKnown = 20_000;

/**
 * Tokens that nobody keeps: all that one says is sealed in it, with the ring that every process has. Whether its app and tenant
 * may still call is not in it, and is looked at as with any key.
 */
export const accessTokens = ({ sealing }: Pick<Ports, 'sealing'>) => {
  const opened = new LRUCache<string, AccessToken>({ max: mostKnown });
  const open = (text: string): AccessToken | undefined => {
    try {
      const bytes = Buffer.from(text.slice(accessTokenPrefix.length), 'base64url');
      const [tenantId, keyId, endsAt, ...scopes] = JSON.parse(sealing.open(place, bytes).toString()) as [
        string,
        string,
        number,
        ...TenantScope[],
      ];
      return { tenantId, keyId, endsAt: new Date(endsAt), scopes };
    } catch {
      return undefined;
    }
  };
  return {
    seal({ tenantId, keyId, scopes, endsAt }: AccessToken): string {
      const said = JSON.stringify([tenantId, keyId, endsAt.getTime(), ...scopes]);
      return accessTokenPrefix + Buffer.from(sealing.seal(place, said)).toString('base64url');
    },
    /** One object for a token, for as long as it is used. Undefined for what is none of ours; whether it has ended is not asked. */
    read(text: string): AccessToken | undefined {
      if (!shape.test(text)) return undefined;
      const digest = hash('sha256', text);
      const known = opened.get(digest);
      if (known) return known;
      const token = open(text);
      if (token) opened.set(digest, token);
      return token;
    },
  };
};
