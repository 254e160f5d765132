import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openKeySources } from '../../../src/clients/key-sources/key-sources.ts';
import { openLog } from '../../../src/lib/log.ts';
import { certify } from '../../support/enterprise-certificate.ts';
import { hasSoftHsm, type SoftHsm, startSoftHsm } from '../../support/soft-hsm.ts';

const orgno = '310149942';
const owner = { orgno, now: new Date('2026-11-24T10:00:00Z') };
const input = Buffer.from('header.claims');

describe.skipIf(!hasSoftHsm)('a key in an HSM', () => {
  let hsm: SoftHsm;
  beforeAll(() => {
    hsm = startSoftHsm();
    hsm.generate('bank');
    hsm.addToken('another');
  });
  afterAll(() => hsm?.close());

  const open = async (change: { pin?: string; token?: string | undefined; module?: string } = {}) => {
    const lines: string[] = [];
    const { module, pin, token } = { module: hsm.module, pin: hsm.pin, token: hsm.token, ...change };
    const sources = await openKeySources({
      pkcs11: { module, pin, token },
      log: openLog('debug', (line) => lines.push(line)),
    });
    onTestFinished(() => sources.close());
    const faultOf = (label: string) =>
      sources.look({ pkcs11: label }, 'a', owner).then(
        () => 'no fault',
        ({ code, detail }) => (code === 'key-unusable' ? detail : 'no problem'),
      );
    return { ...sources, faultOf, lines };
  };
  const fits = (publicJwk: JsonWebKey, signature: Uint8Array) =>
    verify('RSA-SHA256', input, createPublicKey({ key: publicJwk, format: 'jwk' }), signature);

  test('shows its public part, and signs many at once without holding up the process', async () => {
    const { look, open: openKey } = await open();
    const found = await look({ pkcs11: 'bank' }, 'in-the-hsm', owner);
    expect(found).toMatchObject({
      kid: 'in-the-hsm',
      publicJwk: { kty: 'RSA', e: 'AQAB', use: 'sig' },
      certificateChain: [],
    });
    const key = openKey({ pkcs11: 'bank' }, found);
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 1);
    const signatures = await Promise.all(Array.from({ length: 200 }, () => key.sign(input)));
    clearInterval(counting);
    expect(signatures.filter((signature) => fits(found.publicJwk, signature))).toHaveLength(200);
    expect(turns).toBeGreaterThan(5);
  });

  test('signs by the certificate with its label, where it has no name', async () => {
    hsm.generate('certified');
    const { look, open: openKey } = await open();
    const { publicJwk } = await look({ pkcs11: 'certified' }, 'a', owner);
    const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' });
    const issuer = certify({});
    const put = (wish: Parameters<typeof certify>[0]): string => {
      const { base64 } = certify({ issuer, publicKey, ...wish });
      hsm.addCertificate('certified', Buffer.from(base64, 'base64'));
      return base64;
    };
    hsm.addCertificate('certified', Buffer.from(issuer.base64, 'base64'));
    const certificate = put({ seid2: orgno, to: '2027-05-06' });
    const found = await look({ pkcs11: 'certified' }, undefined, owner);
    expect(found).toMatchObject({ certificateChain: [certificate], expiresAt: new Date('2027-05-06') });
    expect(found).not.toHaveProperty('kid');
    const key = openKey({ pkcs11: 'certified' }, found);
    expect(key.certificateChain).toEqual([certificate]);
    expect(fits(publicJwk, await key.sign(input))).toBe(true);
  });

  test('is refused with a word of why', async () => {
    for (const [label, type] of [
      ['twice', 'rsa:2048'],
      ['twice', 'rsa:2048'],
      ['short', 'rsa:1024'],
      ['curve', 'EC:prime256v1'],
    ] as const)
      hsm.generate(label, type);
    const { faultOf } = await open();
    expect(await faultOf('nowhere')).toMatch(/no private key with this label/);
    expect(await faultOf('twice')).toMatch(/several private keys/);
    expect(await faultOf('short')).toMatch(/at least 2048 bits/);
    expect(await faultOf('curve')).toMatch(/RSA keys only/);
    expect(await (await open()).look({ pkcs11: 'bank' }, undefined, owner).catch(({ more }) => more)).toMatchObject({
      errors: [{ field: '/kid' }],
    });
    expect(await (await open({ token: 'unknown' })).faultOf('bank')).toMatch(/no token with the label/);
    expect(await (await open({ token: undefined })).faultOf('bank')).toMatch(/several such tokens/);
    expect(await (await open({ module: '/nowhere.so' })).faultOf('bank')).toBe('HUB_PKCS11_MODULE cannot be loaded.');
  });

  test('stays away after a wrong PIN, which a token counts', async () => {
    const wrong = '161803';
    const { faultOf } = await open({ pin: wrong });
    const faults = await Promise.all(['bank', 'bank', 'bank', 'bank'].map((label) => faultOf(label)));
    for (const told of faults) expect(told).toMatch(/refuses HUB_PKCS11_PIN/);
    // Were it tried again it would do by now.
    await hsm.changePin(wrong);
    expect(await faultOf('bank')).toMatch(/refuses HUB_PKCS11_PIN/);
    expect(await (await open({ pin: wrong })).faultOf('bank')).toBe('no fault');
    await hsm.changePin(hsm.pin, wrong);
  });

  test('signs again after its sessions broke, and not with another key that got its label', async () => {
    hsm.generate('exchanged');
    const { look, open: openKey, lines } = await open();
    const found = await look({ pkcs11: 'exchanged' }, 'a', owner);
    const key = openKey({ pkcs11: 'exchanged' }, found);
    expect(fits(found.publicJwk, await key.sign(input))).toBe(true);
    await hsm.breakSessions();
    const signatures = await Promise.all(Array.from({ length: 20 }, () => key.sign(input)));
    expect(signatures.every((signature) => fits(found.publicJwk, signature))).toBe(true);
    expect(lines).toEqual([]);

    hsm.remove('exchanged');
    await expect(key.sign(input)).rejects.toMatchObject({ code: 'client-key-unavailable' });
    hsm.generate('exchanged');
    await expect(key.sign(input)).rejects.toMatchObject({ code: 'client-key-unavailable' });
    expect(lines.at(-1)).toContain('another key with this label');
    expect(lines.join('')).not.toContain(hsm.pin);
  });
});
