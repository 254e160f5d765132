import { z } from 'zod';
import { type OwnerRegister, RegisterFault } from '../../usecases/owner-registers-port.ts';
import { isOrgno, openRegisterCalls, unreadable } from '../register-calls.ts';

const urn = 'urn:altinn:organization:identifier-no';
/** The registry takes no more in one call. */
const most = 100;
const mostPages = 1000;

const Page = z.looseObject({
  links: z.looseObject({ next: z.string().max(4000).nullish() }).nullish(),
  data: z.array(z.looseObject({ identifiers: z.record(z.string(), z.unknown()).nullish() })),
});

/** Who stands on the operator's own access lists, in Altinn 3's resource registry. @see docs/sources/altinn-3.md */
export const openAccessLists = (options: {
  baseUrl: string;
  timeoutMs?: number;
}): OwnerRegister & { close(): Promise<void> } => {
  const { base, call, close } = openRegisterCalls(options.baseUrl, options.timeoutMs);
  const urlOf = (name: string, part: string): URL => {
    const path = name.split('/').map(encodeURIComponent).join('/');
    return new URL(`access-lists/${path}/${part}`, base);
  };
  const page = async (url: URL, token: string, signal: AbortSignal) => {
    const { body } = await call({ method: 'GET', url }, token, [200], signal);
    const read = Page.safeParse(body);
    if (!read.success) throw unreadable(url);
    const next = read.data.links?.next;
    const link = next && URL.canParse(next) ? new URL(next) : undefined;
    // The token goes nowhere else.
    if (next && (link?.origin !== url.origin || link.pathname !== url.pathname || link.href === url.href))
      throw new RegisterFault(`${url.host} leads to a next page that is not its own`);
    return { data: read.data.data, next: link };
  };
  return {
    register: 'access-list',
    scopes: { read: 'altinn:resourceregistry/accesslist.read', write: 'altinn:resourceregistry/accesslist.write' },
    most,
    async read(name, token, signal) {
      const orgnos: string[] = [];
      let strangers = 0;
      let url: URL | undefined = urlOf(name, 'members');
      for (let pages = 0; url && pages < mostPages; pages += 1) {
        const read: Awaited<ReturnType<typeof page>> = await page(url, token, signal);
        for (const { identifiers } of read.data) {
          const orgno = identifiers?.[urn];
          if (isOrgno(orgno)) orgnos.push(orgno);
          else strangers += 1;
        }
        url = read.next;
      }
      // Half a list would look as if the others were missing.
      if (url) throw new RegisterFault(`${url.host} has more than ${mostPages} pages of members`);
      const connected = await page(urlOf(name, 'resource-connections'), token, signal);
      return {
        entries: orgnos.map((orgno) => ({ orgno })),
        notes: [
          ...(connected.data.length === 0 ? ['it is connected to no resource, and lets nobody in'] : []),
          ...(strangers > 0 ? [`${strangers} of its members are no organisations, and stay`] : []),
        ],
      };
    },
    async make(name, what, entries, token, signal) {
      const body = JSON.stringify({ data: entries.map(({ orgno }) => `${urn}:${orgno}`) });
      const method = what === 'remove' ? 'DELETE' : 'POST';
      await call({ method, url: urlOf(name, 'members'), body }, token, [200, 204], signal);
    },
    close,
  };
};
