import type { ProblemCode } from '../../domain/problem.ts';

/** Why there is no token, whichever way a tenant asks for it. */
export const tokenProblems: readonly ProblemCode[] = [
  'scope-not-offered',
  'access-not-delegated',
  'access-not-granted',
  'client-missing',
  'client-scope-missing',
  'client-not-ours',
  'client-key-unavailable',
  'client-refused',
  'key-refused',
  'clock-wrong',
  'maskinporten-refused',
  'maskinporten-unavailable',
  'token-unexpected',
  'token-not-ready',
  'tenant-suspended',
];

/** Of tokens that Altinn 2 gives. */
export const consentTokenProblems = [
  'altinn-unavailable',
  'altinn-busy',
  'altinn-not-authorised',
  'altinn-key-refused',
  'altinn2-not-set-up',
  'consent-token-foreign',
] as const satisfies ProblemCode[];
