import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { openHsm } from '../../../src/clients/pkcs11/hsm.ts';
import { answers, attribute, type Module, Pkcs11Error, tokenFlag } from '../../../src/clients/pkcs11/module.ts';

const owner = { orgno: '310149942', now: new Date('2026-11-24T10:00:00Z') };
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const modulus = Buffer.from(String(privateKey.export({ format: 'jwk' }).n), 'base64url');
const answer = (name: string) => new Pkcs11Error('C_Login', answers[name] ?? 0);

/** A token as no SoftHSM is: it locks itself, fails at will, and hangs. */
const strangeToken = ({ flags = 0, refusals = [] as Error[], hold = async () => {} } = {}) => {
  const counts = { logins: 0, signatures: 0 };
  const module: Module = {
    tokens: async () => [{ slot: 1n, label: 'bank', flags: tokenFlag.initialized | flags }],
    openSession: async () => 7n,
    closeSession: async () => undefined,
    login: async () => {
      counts.logins += 1;
      const refusal = refusals.shift();
      if (refusal) throw refusal;
    },
    find: async () => [3n],
    read: async (_session, _object, type) =>
      type === attribute.keyType ? Buffer.alloc(8) : type === attribute.modulus ? modulus : undefined,
    sign: async (_session, _key, input) => {
      counts.signatures += 1;
      await hold();
      return sign('RSA-SHA256', input, privateKey);
    },
  };
  const hsm = openHsm({ module: 'strange.so', pin: '271828' }, async () => module);
  const look = () =>
    hsm.look('a key', 'a', owner).then(
      () => 'it signs',
      ({ detail }) => String(detail),
    );
  return { look, counts };
};

test.each([
  ['locked', tokenFlag.userPinLocked, /is locked/],
  ['one wrong PIN away from it', tokenFlag.userPinFinalTry, /after one more wrong PIN/],
])('a token that is %s gets no PIN', async (_name, flags, why) => {
  const { look, counts } = strangeToken({ flags });
  expect(await look()).toMatch(why);
  expect(counts.logins).toBe(0);
});

test.each(['CKR_PIN_INCORRECT', 'CKR_GENERAL_ERROR', 'CKR_DEVICE_ERROR', 'CKR_FUNCTION_FAILED'])(
  'after %s the PIN is never tried again',
  async (name) => {
    const { look, counts } = strangeToken({ refusals: [answer(name)] });
    expect(await look()).toMatch(`refuses HUB_PKCS11_PIN (C_Login answered ${name})`);
    expect(await look()).toMatch(/refuses HUB_PKCS11_PIN/);
    expect(counts.logins).toBe(1);
  },
);

test('a token that was away gets its PIN again, and once for each thing to be done', async () => {
  const { look, counts } = strangeToken({ refusals: [answer('CKR_TOKEN_NOT_PRESENT'), answer('CKR_DEVICE_REMOVED')] });
  expect(await look()).toBe('The HSM failed: C_Login answered CKR_TOKEN_NOT_PRESENT.');
  expect(await look()).toMatch(/CKR_DEVICE_REMOVED/);
  expect(await look()).toBe('it signs');
  expect(counts.logins).toBe(3);
});

test('what nobody waits for any more is not done when a token that hung goes on', async () => {
  vi.useFakeTimers();
  try {
    const gone = Promise.withResolvers<void>();
    const { look, counts } = strangeToken({ hold: () => gone.promise });
    const looks = Array.from({ length: 10 }, look);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await Promise.all(looks)).toEqual(Array(10).fill('The HSM did not answer in time.'));
    expect(counts.signatures).toBe(3);
    gone.resolve();
    expect(await look()).toBe('it signs');
    expect(counts.signatures).toBe(4);
  } finally {
    vi.useRealTimers();
  }
});
