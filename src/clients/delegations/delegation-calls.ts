import { Problem } from '../../domain/problem.ts';
import { type HttpAnswer, NoAnswer, openHttpCaller } from '../http-caller.ts';

/** Everybody who has delegated a scope comes in one answer. */
const maxBytes = 30_000_000;

export type LookOptions = { baseUrl: string; operatorOrgno: string; timeoutMs?: number };

/** Looks who has delegated, with a token of the operator's own. */
export const openDelegationCalls = ({ baseUrl, timeoutMs }: LookOptions) => {
  const http = openHttpCaller({ timeoutMs, maxBytes });
  const base = new URL('accessmanagement/api/v1/', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  return {
    async look(path: string, query: Record<string, string>, token: string, signal: AbortSignal): Promise<HttpAnswer> {
      const url = new URL(path, base);
      url.search = new URLSearchParams(query).toString();
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
      try {
        return await http.call({ method: 'GET', url, headers }, signal);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        throw new Problem('altinn-unavailable', 'No answer from Altinn.', { cause: error });
      }
    },
    close: http.close,
  };
};

/** 401, 403 and what else is no list: Altinn may not show it to us at all, or it is away. */
export const notShown = ({ status }: HttpAnswer, what: string): Problem =>
  status === 429 || status >= 500
    ? new Problem('altinn-unavailable', `Altinn answered ${status} to a look at ${what}.`)
    : new Problem('delegations-not-shown', `Altinn answered ${status} to a look at ${what}.`);

export const unreadableList = (): Problem => new Problem('altinn-unavailable', 'Altinn’s answer could not be read.');
