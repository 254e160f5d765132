import { z } from 'zod';
import type { OwnerRegister } from '../../usecases/owner-registers-port.ts';
import { isOrgno, openRegisterCalls, unreadable } from '../register-calls.ts';

const scope = 'idporten:scopes.write';

/** A list of who was ever granted the scope: those it was taken from stay, as denied. */
const Rows = z.array(z.looseObject({ consumer_orgno: z.string(), state: z.string() }));

/** Who may use the operator's own scopes, at Digdir's self-service. @see docs/sources/maskinporten.md */
export const openScopeAccess = (options: {
  baseUrl: string;
  timeoutMs?: number;
}): OwnerRegister & { close(): Promise<void> } => {
  const { base, call, close } = openRegisterCalls(options.baseUrl, options.timeoutMs);
  const urlOf = (path: string, name: string): URL => {
    const url = new URL(`api/v1/scopes/access${path}`, base);
    url.searchParams.set('scope', name);
    return url;
  };
  return {
    register: 'maskinporten',
    scopes: { read: scope, write: scope },
    most: 1,
    async read(name, token, signal) {
      const url = urlOf('', name);
      const { body } = await call({ method: 'GET', url }, token, [200], signal);
      const rows = Rows.safeParse(body);
      if (!rows.success) throw unreadable(url);
      const granted = rows.data.filter(({ state }) => state.toUpperCase() === 'APPROVED');
      const orgnos = granted.map(({ consumer_orgno: orgno }) => orgno).filter(isOrgno);
      const strangers = granted.length - orgnos.length;
      return {
        entries: orgnos.map((orgno) => ({ orgno })),
        notes: strangers > 0 ? [`${strangers} of its consumers are no organisations, and stay`] : [],
      };
    },
    async make(name, what, entries, token, signal) {
      for (const { orgno } of entries) {
        const url = urlOf(`/${orgno}`, name);
        if (what === 'remove') await call({ method: 'DELETE', url }, token, [200, 204, 404], signal);
        else await call({ method: 'PUT', url }, token, [200, 201, 204], signal);
      }
    },
    close,
  };
};
