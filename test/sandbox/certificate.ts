import { createSign, type KeyObject } from 'node:crypto';

const der = (tag: number, ...contents: Buffer[]): Buffer => {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const sequence = (...contents: Buffer[]) => der(0x30, ...contents);
const hex = (text: string) => Buffer.from(text, 'hex');
const time = (date: string) => der(0x17, Buffer.from(`${date.slice(2).replaceAll('-', '')}000000Z`));
const sha256WithRsa = sequence(der(0x06, hex('2a864886f70d01010b')), der(0x05));
/** `organizationIdentifier`, where a SEID 2.0 certificate has its number. */
const nameOf = (orgno: string) =>
  sequence(der(0x31, sequence(der(0x06, hex('550461')), der(0x0c, Buffer.from(`NTRNO-${orgno}`)))));

/** A self-signed enterprise certificate as it stands in `x5c`: base64 of DER. */
export const certificateFor = (
  orgno: string,
  key: { privateKey: KeyObject; publicKey: KeyObject },
  life: { from: string; to: string },
): string => {
  const body = sequence(
    der(0x02, hex('01')),
    sha256WithRsa,
    nameOf(orgno),
    sequence(time(life.from), time(life.to)),
    nameOf(orgno),
    key.publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = createSign('sha256').update(body).sign(key.privateKey);
  return sequence(body, sha256WithRsa, der(0x03, Buffer.concat([hex('00'), signature]))).toString('base64');
};
