import { callJson, mustCall } from '../../src/cli/call-json.ts';

export type Fault =
  | { kind: 'delay'; ms: number }
  /** `late`: hung up on at once, while what the call changes happens `lateMs` later, or whenever within a minute. */
  | { kind: 'reset'; when: 'before' | 'after' | 'late'; lateMs?: number }
  | { kind: 'status'; status: number; retryAfter?: number; body?: unknown }
  | { kind: 'html'; status: number }
  | { kind: 'no-error-uri' }
  | { kind: 'hold'; when: 'before' | 'after'; name: string };

export type SandboxCall = {
  seq: number;
  /** By the sandbox's clock. */
  at: string;
  on: string;
  method: string;
  path: string;
  status: number | null;
  durationMs: number;
  headers: Record<string, unknown>;
  body: unknown;
};
export type SandboxConsent = { id: string; to: string; status: string; createCalls: number };

/** The sandbox as a test moves it. */
export const sandboxControl = (url: string) => {
  const at = (path: string) => `${url}/sandbox${path}`;
  return {
    url,
    fault: (on: string, fault: Fault, times = 1) => mustCall('POST', at('/faults'), undefined, { on, times, fault }),
    clear: () => callJson('DELETE', at('/faults')),
    release: (name: string) => mustCall('POST', at(`/holds/${name}/release`)),
    holds: async () => (await mustCall('GET', at('/holds')))['parked'] as { name: string; on: string; path: string }[],
    /** A call is parked under that name. */
    parked: (name: string) => mustCall('GET', at(`/holds/${name}?wait=50000`)),
    /** The newest 2,000 at most; those after number `since`, where it is given. */
    calls: async (on?: string, since = 0) =>
      (await mustCall(
        'GET',
        at(`/calls?since=${since}${on === undefined ? '' : `&on=${on}`}`),
      )) as unknown as SandboxCall[],
    forget: () => callJson('DELETE', at('/calls')),
    consents: async () => (await mustCall('GET', at('/consents'))) as unknown as SandboxConsent[],
    person: (id: string, does: 'accept' | 'reject' | 'revoke') => mustCall('POST', at(`/consents/${id}/${does}`)),
    advance: (ms: number) => mustCall('POST', at('/clock'), undefined, { advanceMs: ms }),
    settings: (change: Record<string, unknown>) => mustCall('POST', at('/settings'), undefined, change),
    /** What is registered on a client from now on; a key that stays keeps its age. */
    register: (clientId: string, jwks: { keys: unknown[] }) =>
      mustCall('PUT', at(`/clients/${clientId}/jwks`), undefined, jwks),
    client: (client: { clientId: string; scopes: string[]; active?: boolean }) =>
      mustCall('POST', at('/clients'), undefined, client),
    now: async () => new Date(String((await mustCall('GET', at('/clock')))['now'])),
    delegate: (consumer: string, supplier: string, scope: string) =>
      mustCall('PUT', at(`/delegations/${consumer}/${supplier}/${encodeURIComponent(scope)}`)),
    undelegate: (consumer: string, supplier: string, scope: string) =>
      mustCall('DELETE', at(`/delegations/${consumer}/${supplier}/${encodeURIComponent(scope)}`)),
    grant: (orgno: string, scope: string) => mustCall('PUT', at(`/grants/${orgno}/${encodeURIComponent(scope)}`)),
    ungrant: (orgno: string, scope: string) => mustCall('DELETE', at(`/grants/${orgno}/${encodeURIComponent(scope)}`)),
    admit: (resource: string, orgno: string) => mustCall('PUT', at(`/access-lists/${resource}/${orgno}`)),
    refuse: (resource: string, orgno: string) => mustCall('DELETE', at(`/access-lists/${resource}/${orgno}`)),
  };
};

export type SandboxControl = ReturnType<typeof sandboxControl>;
