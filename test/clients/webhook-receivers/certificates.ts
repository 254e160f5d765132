import { generateKeyPairSync } from 'node:crypto';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import forge from 'node-forge';
import { onTestFinished } from 'vitest';

export type Pair = { certificate: string; privateKey: string };

let serial = 16;

/** A certificate with its key, signed by that authority or by itself. */
export const issue = (
  name: string,
  {
    by,
    hosts = [],
    from = '2026-01-01',
    to = '2036-01-01',
  }: { by?: Pair; hosts?: string[]; from?: string; to?: string } = {},
): Pair => {
  const pem = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pem.publicKey);
  serial += 1;
  certificate.serialNumber = serial.toString(16);
  certificate.validity.notBefore = new Date(from);
  certificate.validity.notAfter = new Date(to);
  const subject = [{ name: 'commonName', value: name }];
  certificate.setSubject(subject);
  certificate.setIssuer(by ? forge.pki.certificateFromPem(by.certificate).subject.attributes : subject);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: hosts.length === 0 },
    ...(hosts.length === 0 ? [] : [{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) }]),
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(by?.privateKey ?? pem.privateKey), forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate), privateKey: pem.privateKey };
};

export type Visit = { path: string; peer: string | undefined; socket: TLSSocket; headers: Record<string, unknown> };

/** An https receiver on a free port of this machine; closed when the test ends. */
export const openTlsReceiver = async ({ certificate: cert, privateKey: key }: Pair, options: ServerOptions = {}) => {
  const visits: Visit[] = [];
  const server = createServer({ cert, key, ...options }, (request, response) => {
    const socket = request.socket as TLSSocket;
    request.resume();
    visits.push({
      path: request.url ?? '',
      peer: socket.getPeerCertificate().subject?.CN?.toString(),
      socket,
      headers: request.headers,
    });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, visits };
};
