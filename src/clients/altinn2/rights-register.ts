import { z } from 'zod';
import type { Entry } from '../../domain/owner-lists.ts';
import { osloTime, readOsloTime } from '../../lib/oslo-time.ts';
import { type OwnerRegister, RegisterFault } from '../../usecases/owner-registers-port.ts';
import { inLowerCase } from '../in-lower-case.ts';
import { isOrgno, openRegisterCalls, unreadable } from '../register-calls.ts';

/** As others' clients read it: a flat list, names in any case. */
const Rights = z.array(
  z.preprocess(
    inLowerCase,
    z.looseObject({
      // It goes into an address, together with our token and key: no dots, no slashes.
      id: z
        .union([z.string(), z.number()])
        .transform(String)
        .pipe(z.string().regex(/^[\w-]{1,100}$/)),
      reportee: z.string(),
      validto: z.string(),
      right: z.string().nullish(),
      condition: z.unknown().optional(),
      conditions: z.unknown().optional(),
    }),
  ),
);

/** Who has a right to the operator's own services of Altinn 2 (SRR). Historic. @see docs/sources/altinn-2.md */
export const openRightsRegister = (options: {
  baseUrl: string;
  apiKey: string | undefined;
  timeoutMs?: number;
}): OwnerRegister & { close(): Promise<void> } => {
  const { base, call, close } = openRegisterCalls(options.baseUrl, options.timeoutMs);
  const { apiKey } = options;
  const keyed = () => {
    if (apiKey === undefined) throw new RegisterFault('there is no API key for Altinn 2: ALTINN2_API_KEY');
    return { apikey: apiKey };
  };
  const urlOf = (path: string, query: Record<string, string> = {}): URL => {
    const url = new URL(`api/serviceowner/srr${path}`, base);
    url.search = new URLSearchParams(query).toString();
    return url;
  };
  const named = (name: string) => {
    const at = name.lastIndexOf('_');
    return { serviceCode: name.slice(0, at), serviceEditionCode: name.slice(at + 1) };
  };
  const listed = async (name: string, token: string, signal: AbortSignal): Promise<Entry[]> => {
    const url = urlOf('', named(name));
    const { body } = await call({ method: 'GET', url, headers: keyed() }, token, [200], signal);
    const rights = Rights.safeParse(body);
    if (!rights.success) throw unreadable(url);
    return rights.data
      .filter(({ reportee }) => isOrgno(reportee))
      .map(({ id, reportee, validto, right, condition, conditions = condition }) => {
        const validTo = readOsloTime(validto);
        // A right is written whole: what its owner has said of it beside its end goes along.
        const kept = { ...(right ? { right } : {}), ...(conditions ? { conditions } : {}) };
        return { orgno: reportee, id, kept, ...(validTo && { validTo }) };
      });
  };
  return {
    register: 'srr',
    scopes: { read: 'altinn:serviceowner/srr.read', write: 'altinn:serviceowner/srr.write' },
    most: 1,
    read: async (name, token, signal) => ({ entries: await listed(name, token, signal), notes: [] }),
    async make(name, what, entries, token, signal) {
      for (const { orgno, id, validTo, kept } of entries) {
        if (what === 'remove') {
          await call({ method: 'DELETE', url: urlOf(`/${id}`), headers: keyed() }, token, [200, 204], signal);
          continue;
        }
        if (!validTo) throw new RegisterFault('a right must end at some time');
        const { serviceCode, serviceEditionCode } = named(name);
        const rights = [{ reportee: orgno, right: 'read', validTo: osloTime(validTo), ...kept }];
        const body = JSON.stringify({ serviceCode, serviceEditionCode: Number(serviceEditionCode), rights });
        const [method, path] = what === 'add' ? (['POST', ''] as const) : (['PUT', `/${id}`] as const);
        const ask = { method, url: urlOf(path), headers: keyed(), body };
        // 409: it is there already, since somebody was quicker or an answer to us was lost.
        await call(ask, token, [200, 201, 204, 409], signal);
      }
    },
    close,
  };
};
