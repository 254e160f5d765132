import type { ResourceRegistry } from '../../usecases/registry-port.ts';
import { type HttpAnswer, NoAnswer, openHttpCaller } from '../http-caller.ts';
import { fromWire } from './wire.ts';

/** Every consent resource there is, each with texts in three languages. */
const maxBytes = 50_000_000;

/** The open part of Altinn 3's resource registry. @see docs/sources/altinn-3.md */
export const openResourceRegistry = ({
  baseUrl,
  timeoutMs,
}: {
  baseUrl: string;
  timeoutMs?: number;
}): ResourceRegistry & { close(): Promise<void> } => {
  const http = openHttpCaller({ timeoutMs, maxBytes });
  const base = new URL('resource/', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const ask = async (path: string, signal: AbortSignal): Promise<HttpAnswer & { url: URL }> => {
    const url = new URL(path, base);
    try {
      return { ...(await http.call({ method: 'GET', url, headers: { accept: 'application/json' } }, signal)), url };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw new Error(`no answer from ${error.message}`, { cause: error });
    }
  };
  return {
    async list(signal) {
      const { status, body, url } = await ask('search?ResourceType=Consent', signal);
      if (status !== 200 || !Array.isArray(body)) throw new Error(`${url.href} answered ${status}, and no list`);
      return body.map(fromWire);
    },
    async find(id, signal) {
      const { status, body, url } = await ask(encodeURIComponent(id), signal);
      // 404; or 204, as its framework says of nothing at all.
      if (status === 404 || status === 204) return undefined;
      if (status !== 200 || typeof body !== 'object')
        throw new Error(`${url.href} answered ${status}, and no resource`);
      return fromWire(body);
    },
    close: http.close,
  };
};
