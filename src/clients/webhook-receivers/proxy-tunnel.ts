import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';

/** A way to an address through another machine. @throws ProxyRefused */
export type Tunnel = (address: string, port: number, signal: AbortSignal) => Promise<Socket>;

export class ProxyRefused extends Error {
  override readonly name = 'ProxyRefused';
}

/**
 * Asks the operator's proxy (`http://user:password@host:port`, or https) for a connection: CONNECT to the address that was
 * checked, never to the name, so that the proxy resolves nothing and decides only whether it lets us through.
 */
export const proxyTunnel = (proxyUrl: string, certificates?: string[]): Tunnel => {
  const { protocol, hostname, port, username, password } = new URL(proxyUrl);
  const isTls = protocol === 'https:';
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return (address, targetPort, signal) =>
    new Promise((resolve, reject) => {
      const place = `${isIP(address) === 6 ? `[${address}]` : address}:${targetPort}`;
      const asked = (isTls ? tlsRequest : plainRequest)({
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port || (isTls ? 443 : 80),
        method: 'CONNECT',
        path: place,
        headers: { host: place, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }) },
        agent: false,
        signal,
        ...(isTls && certificates ? { ca: certificates } : {}),
      });
      asked.once('connect', ({ statusCode = 0 }, socket, head) => {
        // Nobody at the other end speaks before we do.
        if (statusCode >= 200 && statusCode < 300 && head.length === 0) return resolve(socket as Socket);
        socket.destroy();
        reject(new ProxyRefused(`the proxy answered ${statusCode}`));
      });
      asked.once('error', () => reject(new ProxyRefused('the proxy does not answer')));
      asked.end();
    });
};
