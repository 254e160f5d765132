import { Problem } from '../../domain/problem.ts';
import type { PrivateTarget, ReceiverAuth, ReceiverAuthAsk } from '../../domain/receiver.ts';
import type { Place } from '../../lib/seal.ts';
import type { Ports } from '../ports.ts';
import type { KeptEndpoint } from '../webhook-rows-port.ts';

export const authPlace = (tenantId: string, endpointId: string): Place => ({
  tenantId,
  table: 'webhook_endpoints',
  column: 'auth_sealed',
  row: endpointId,
});

type Kept = { auth: ReceiverAuth; authSealed: Uint8Array };

/**
 * How the hub is to show a receiver who it is, looked at and sealed; beside it what may be shown.
 *
 * @throws Problem `webhook-auth-invalid`, naming the field
 */
export const keepAuth = async (
  { webhooks, sealing, clock }: Pick<Ports, 'webhooks' | 'sealing' | 'clock'>,
  { tenantId, id }: { tenantId: string; id: string },
  ask: ReceiverAuthAsk,
  opened?: PrivateTarget,
): Promise<Kept> => {
  const sealed = (secrets: ReceiverAuthAsk) => sealing.seal(authPlace(tenantId, id), JSON.stringify(secrets));
  if (ask.kind === 'mtls') {
    const { subject, issuer, expiresAt, certificate, privateKey } = webhooks.readCertificate(ask, clock.now());
    return {
      auth: { kind: 'mtls', subject, issuer, expiresAt: expiresAt.toISOString() },
      authSealed: sealed({ kind: 'mtls', certificate, privateKey }),
    };
  }
  const { clientSecret: _, ...shown } = ask;
  // RFC 6749, 3.2: it has no fragment.
  const wrong = ask.tokenUrl.includes('#') ? 'may have no fragment' : await webhooks.look(ask.tokenUrl, opened);
  if (wrong !== undefined)
    throw new Problem('webhook-auth-invalid', `/auth/tokenUrl ${wrong}`, {
      errors: [{ field: '/auth/tokenUrl', code: 'webhook-auth-invalid', detail: wrong }],
    });
  return { auth: shown, authSealed: sealed(ask) };
};

/**
 * What was given for one server is not shown to another: whoever may change an address must not learn by that what they
 * never had.
 *
 * @throws Problem `webhook-auth-needed`
 */
export const checkSameServer = ({ auth, url: before }: KeptEndpoint, url: string): void => {
  if (!auth || new URL(before).origin === new URL(url).origin) return;
  const detail = 'is another server than `auth` was set for: send `auth` along, or null';
  throw new Problem('webhook-auth-needed', `/url ${detail}`, {
    errors: [{ field: '/url', code: 'webhook-auth-needed', detail }],
  });
};

/** For the audit: what kind, and where tokens come from. */
export const authDetails = ({ auth }: Pick<KeptEndpoint, 'auth'>): object => {
  if (!auth) return {};
  return { auth: auth.kind, ...(auth.kind === 'oauth' ? { tokenHost: new URL(auth.tokenUrl).host } : {}) };
};

export const withoutAuth = ({ auth: _, authSealed: __, ...endpoint }: KeptEndpoint): KeptEndpoint => endpoint;
