import { hash } from 'node:crypto';
import {
  accessTokenSeconds,
  clockLeewaySeconds,
  longestAssertionSeconds,
  type TenantScope,
} from '../../domain/api-key.ts';
import { Problem } from '../../domain/problem.ts';
import { assertionClaims, checkAssertion } from '../../lib/client-assertion.ts';
import { openNetworks } from '../../lib/networks.ts';
import type { AuthorizationServer, GrantAsk } from '../app-verbs.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { accessTokens } from './access-tokens.ts';
import { alive, callerOf, type Found } from './keys.ts';
import { noteRefusal, noteRefusedAddress } from './refused-addresses.ts';

type Verbs = Pick<UseCases, 'grantAccessToken' | 'readAuthorizationServer' | 'noteRefusedAddress'>;

const isId = (text: string): boolean => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(text);

/** All that the app has, unless it asked for less. @throws Problem `scope-not-held` */
const scopesOf = ({ key }: Found, asked: string | undefined): TenantScope[] => {
  if (asked === undefined) return key.scopes;
  const names = new Set(asked.split(' ').filter((name) => name !== ''));
  const granted = key.scopes.filter((scope) => names.has(scope));
  if (names.size === 0 || granted.length < names.size)
    throw new Problem('scope-not-held', `The app has ${key.scopes.join(', ')}`);
  return granted;
};

/** An app shows that it has its private key, by signing a word that names it and us (RFC 7523), and is handed a token. */
export const appsThatSign = (
  parts: Pick<Parts, 'clock' | 'ids' | 'store' | 'memories' | 'sealing' | 'settings' | 'log'>,
): Verbs => {
  const { clock, store, memories, settings, log } = parts;
  const tokens = accessTokens(parts);
  const noteRefused = noteRefusedAddress(parts);
  const noteReplay = noteRefusal(parts, 'access-token.replay-refused', 'an assertion was shown again that was spent');
  const server = (): AuthorizationServer => ({
    issuer: settings.publicUrl,
    tokenEndpoint: `${settings.publicUrl}/oauth/token`,
  });

  const unauthenticated = (why: string) => new Problem('client-unauthenticated', why);

  /** Whose word it is, and until when it must be remembered that it was spent. */
  const authenticate = async ({ assertion, clientId }: GrantAsk): Promise<Found & { jti: string; expiresAt: Date }> => {
    const claimed = assertionClaims(assertion);
    if (!claimed) throw unauthenticated('client_assertion is no JWT whose iss and sub are the client’s id');
    if (clientId !== undefined && clientId !== claimed.clientId)
      throw unauthenticated('client_id is another than the assertion’s');
    const found = isId(claimed.clientId) ? await memories.tenantByKeyId.get(claimed.clientId) : undefined;
    const now = clock.now();
    const isOpen = found?.key.kind === 'private_key_jwt' && alive(found.key, now);
    const { issuer, tokenEndpoint } = server();
    const checked = await checkAssertion(assertion, (isOpen && found.key.publicKeys) || [], {
      clientId: claimed.clientId,
      audiences: [issuer, tokenEndpoint],
      now,
      longestSeconds: longestAssertionSeconds,
      leewaySeconds: clockLeewaySeconds,
    });
    if ('fault' in checked || !found) {
      const why = 'fault' in checked ? checked.fault : 'unknown';
      log.info({ keyId: found?.key.id, why }, 'an assertion was refused');
      throw unauthenticated(why);
    }
    return { ...found, ...checked };
  };

  return {
    noteRefusedAddress: noteRefused,
    readAuthorizationServer: server,
    async grantAccessToken(ask, { address, requestId }) {
      const { jti, expiresAt, ...found } = await authenticate(ask);
      const { key, tenant } = found;
      const by = { caller: callerOf(found), requestId };
      if (key.allowedAddresses && !openNetworks(key.allowedAddresses).hold(address)) {
        await noteRefused(by, address);
        throw new Problem('address-not-allowed', 'The app may not call from this address');
      }
      if (tenant.status !== 'active') throw new Problem('tenant-suspended', 'The operator has suspended this tenant');
      const scopes = scopesOf(found, ask.scope);
      const now = clock.now().getTime();
      // Not after the key itself.
      const endsAt = new Date(
        Math.min(now + accessTokenSeconds * 1000, key.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY),
      );
      // What is spent and what is handed out stand or fall together.
      const isFirst = await store.asTenant(tenant.id, async (rows) => {
        if (!(await rows.apiKeys.spendAssertion(key.id, hash('sha256', jti, 'buffer'), expiresAt))) return false;
        await rows.audit.add(auditEntry(parts, by, 'access-token.granted', key.id, { scopes }, tenant.id));
        return true;
      });
      if (!isFirst) {
        await noteReplay(by, address);
        throw unauthenticated('jti was used before: make an assertion for each token');
      }
      return {
        token: tokens.seal({ tenantId: tenant.id, keyId: key.id, scopes, endsAt }),
        expiresInSeconds: Math.floor((endsAt.getTime() - now) / 1000),
        scopes,
      };
    },
  };
};
