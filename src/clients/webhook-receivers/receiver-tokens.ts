import { LRUCache } from 'lru-cache';
import * as oauth from 'oauth4webapi';
import type { PrivateTarget } from '../../domain/receiver.ts';
import type { Clock } from '../../lib/clock.ts';
import { sharedAsks } from '../../lib/shared-asks.ts';
import type { SendAuth } from '../../usecases/ports.ts';
import type { EgressDoor } from './egress-door.ts';
import { ConnectRefused } from './guarded-connect.ts';

type OAuth = Extract<SendAuth, { kind: 'oauth' }>;

/** Whose token it is. Tenants share none, nor do two endpoints of one tenant. */
type Holder = { tenantId: string; auth: OAuth; opened?: PrivateTarget | undefined };

/** No token. `told` is for the tenant: a status and OAuth's own word, nothing else of what was answered. */
export class NoToken extends Error {
  override readonly name = 'NoToken';
  readonly why: 'refused-address' | 'oauth-token';
  readonly told: string;
  constructor(why: 'refused-address' | 'oauth-token', told: string) {
    super(told);
    this.why = why;
    this.told = told;
  }
}

export type ReceiverTokens = {
  /** One that is good for a while yet. @throws NoToken */
  tokenFor(holder: Holder): Promise<{ token: string; isNew: boolean }>;
  /** The receiver refused this one: it is handed out no more. */
  refused(holder: Holder, token: string): void;
};

const maxBytes = 64 * 1024;
const maxTokens = 5000;
/** Where the answer does not say for how long. */
const usualMs = 5 * 60_000;
const longestMs = 24 * 60 * 60_000;
/** A token server that fails is left alone for so long: deliveries that are due all want one. */
const restMs = 2000;

/** It is used no more shortly before its end: it must still be good when the receiver looks at it. */
const usableMs = (expiresIn: number | undefined): number => {
  const lifeMs = Math.min(expiresIn === undefined ? usualMs : expiresIn * 1000, longestMs);
  return lifeMs - Math.min(60_000, lifeMs / 5);
};

/** RFC 6749, 5.2: a word in these characters. Whoever answers otherwise is not repeated. */
const wordOf = (error: unknown): string =>
  typeof error === 'string' && /^[\w.-]{1,60}$/.test(error) ? ` ${error}` : '';

const failureOf = (error: unknown): NoToken => {
  if (error instanceof NoToken) return error;
  if (error instanceof ConnectRefused && error.why === 'refused-address')
    return new NoToken('refused-address', 'the token address is not sent to');
  if (error instanceof oauth.ResponseBodyError)
    return new NoToken('oauth-token', `the token address answered ${error.status}${wordOf(error.error)}`);
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return new NoToken('oauth-token', `the token address answered ${error.status}`);
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError)
    return new NoToken('oauth-token', 'the token address answered with no bearer token');
  return new NoToken('oauth-token', 'the token address did not answer');
};

/**
 * Tokens for receivers that want OAuth's client credentials (RFC 6749, 4.4), kept in this process. One fetch serves all who
 * wait. Token addresses are tenants' choice too and lie behind the same door.
 */
export const receiverTokens = (
  door: EgressDoor,
  { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
): ReceiverTokens => {
  const tokens = new LRUCache<string, { token: string; untilMs: number }>({ max: maxTokens });
  const failures = new LRUCache<string, NoToken>({ max: maxTokens, ttl: restMs });
  const asks = sharedAsks<string>(() => false);
  const nameOf = ({ tenantId, auth }: Holder): string => `${tenantId} ${auth.version}`;

  const fetchToken = async ({ tenantId, auth, opened }: Holder): Promise<oauth.TokenEndpointResponse> => {
    // As it is written: the library would put it in order before the door sees it.
    if (door.fault(auth.tokenUrl, opened) !== undefined) throw new ConnectRefused('refused-address');
    const server: oauth.AuthorizationServer = { issuer: new URL(auth.tokenUrl).origin, token_endpoint: auth.tokenUrl };
    const client: oauth.Client = { client_id: auth.clientId };
    const authentication =
      auth.clientAuthentication === 'post'
        ? oauth.ClientSecretPost(auth.clientSecret)
        : oauth.ClientSecretBasic(auth.clientSecret);
    const throughDoor = async (
      url: string,
      { headers, body }: { headers: Record<string, string>; body: URLSearchParams },
    ) => {
      const call = { tenantId, url, headers, body: body.toString(), opened, maxBytes };
      const answer = await door.post(call, AbortSignal.timeout(timeoutMs));
      if (answer.isCut) throw new NoToken('oauth-token', 'the token address answered too much');
      const type = answer.headers['content-type'];
      return new Response([204, 205, 304].includes(answer.status) ? null : new Uint8Array(answer.bytes), {
        status: answer.status,
        headers: typeof type === 'string' ? { 'content-type': type } : {},
      });
    };
    const answered = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      auth.scope === undefined ? {} : { scope: auth.scope },
      // Which schemes are good is the door's to say.
      { [oauth.customFetch]: throughDoor, [oauth.allowInsecureRequests]: true },
    );
    return oauth.processClientCredentialsResponse(server, client, answered);
  };

  const ask = async (holder: Holder): Promise<string> => {
    const name = nameOf(holder);
    try {
      const { access_token: token, expires_in } = await fetchToken(holder);
      // It becomes part of a header, and is what a stranger said.
      if (!/^[\x21-\x7e]{1,8192}$/.test(token))
        throw new NoToken('oauth-token', 'the token cannot be sent in a header');
      tokens.set(name, { token, untilMs: clock.now().getTime() + usableMs(expires_in) });
      return token;
    } catch (error) {
      const failure = failureOf(error);
      failures.set(name, failure);
      throw failure;
    }
  };

  return {
    async tokenFor(holder) {
      const name = nameOf(holder);
      const known = tokens.get(name);
      if (known && known.untilMs > clock.now().getTime()) return { token: known.token, isNew: false };
      const failed = failures.get(name);
      if (failed) throw failed;
      return { token: await asks(name, () => ask(holder)), isNew: true };
    },
    refused(holder, token) {
      const name = nameOf(holder);
      // Another call may have had it replaced already.
      if (tokens.peek(name)?.token === token) tokens.delete(name);
    },
  };
};
