import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { openGate } from '../../lib/gate.ts';
import type { KeyOwner, PublicKey, SigningKey } from '../../usecases/ports.ts';
import { checkedKey } from '../maskinporten/handed-key.ts';
import { publicKey } from '../maskinporten/signing-keys.ts';
import { unusable } from '../maskinporten/unusable.ts';
import { attribute, type Module, objectClass, openModule, Pkcs11Error, tokenFlag } from './module.ts';

type Options = { module: string; pin: string; token?: string | undefined };
type Session = { handle: bigint; keys: Map<string, bigint> };

/** Of libuv's four threads one is left for files and names, should the token hang. */
const sessionsAtOnce = 3;
const mostWaiting = 1000;
const patienceMs = 10_000;

/** With these nobody looked at the PIN. After any other it is never tried again: a token locks itself after a few wrong ones. */
const pinUnseen = ['CKR_TOKEN_NOT_PRESENT', 'CKR_DEVICE_REMOVED', 'CKR_SESSION_HANDLE_INVALID'];

const fault = (detail: string): Error => unusable('pkcs11', detail);

/** Throws once nobody waits any more for what is to be done. */
type StillWanted = () => void;

const inTime = async <T>(work: (stillWanted: StillWanted) => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  let late: Error | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = fault('The HSM did not answer in time.');
      reject(late);
    }, patienceMs);
  });
  const stillWanted = () => {
    if (late) throw late;
  };
  try {
    return await Promise.race([work(stillWanted), end]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Keys that never leave an HSM, by their label. Nothing is opened before the first of them is wanted. A session that broke is
 * opened anew, once for each thing to be done.
 */
export const openHsm = ({ module: path, pin, token }: Options, open: typeof openModule = openModule) => {
  const inTurn = openGate(sessionsAtOnce, mostWaiting, () => fault('Too many signatures wait for the HSM.'));
  const oneByOne = openGate(1, mostWaiting, () => fault('Too many wait for the HSM.'));
  let opened: Promise<Module> | undefined;
  let pinRefused: Error | undefined;
  let idle: Session[] = [];

  const module = (): Promise<Module> => {
    opened ??= open(path).catch((error: unknown) => {
      opened = undefined;
      throw error instanceof Pkcs11Error ? error : unusable('pkcs11', 'HUB_PKCS11_MODULE cannot be loaded.', error);
    });
    return opened;
  };

  const slotOf = async (hsm: Module): Promise<bigint> => {
    const tokens = (await hsm.tokens()).filter(({ label }) => token === undefined || label === token);
    const [found, another] = tokens;
    if (!found) throw fault(`The HSM has no token${token === undefined ? '' : ' with the label in HUB_PKCS11_TOKEN'}.`);
    if (another) throw fault('The HSM has several such tokens: name one in HUB_PKCS11_TOKEN.');
    if ((found.flags & tokenFlag.userPinLocked) !== 0) throw fault('The token is locked: its PIN was wrong too often.');
    if ((found.flags & tokenFlag.userPinFinalTry) !== 0)
      throw fault('The token would lock itself after one more wrong PIN: log in with the right one elsewhere first.');
    return found.slot;
  };

  const openSession = (hsm: Module, stillWanted: StillWanted): Promise<Session> =>
    // One login at a time, so that a wrong PIN counts once.
    oneByOne(async () => {
      stillWanted();
      if (pinRefused) throw pinRefused;
      const handle = await hsm.openSession(await slotOf(hsm));
      try {
        await hsm.login(handle, pin);
      } catch (error) {
        await hsm.closeSession(handle).catch(() => undefined);
        const said = error instanceof Pkcs11Error ? error.message : 'C_Login failed';
        // A fault of ours, not the module's: nothing logs in once more for the same signature.
        if (error instanceof Pkcs11Error && error.is(...pinUnseen)) throw fault(`The HSM failed: ${said}.`);
        pinRefused = fault(
          `The HSM refuses HUB_PKCS11_PIN (${said}). It is not tried again before the worker is restarted.`,
        );
        throw pinRefused;
      }
      return { handle, keys: new Map() };
    });

  const close = async (hsm: Module, sessions: readonly Session[]): Promise<void> => {
    for (const { handle } of sessions) await hsm.closeSession(handle).catch(() => undefined);
  };

  const inSession = async <T>(
    work: (hsm: Module, session: Session) => Promise<T>,
    stillWanted: StillWanted,
  ): Promise<T> => {
    stillWanted();
    const hsm = await module();
    const session = idle.pop() ?? (await openSession(hsm, stillWanted));
    try {
      const result = await work(hsm, session);
      idle.push(session);
      return result;
    } catch (error) {
      // What broke one has mostly broken all: a token that was away knows none of them.
      await close(hsm, [session, ...idle.splice(0)]);
      throw error;
    }
  };

  /** Once more when the module failed; never after a fault that we found. */
  const twice = <T>(work: (hsm: Module, session: Session) => Promise<T>): Promise<T> =>
    inTime((stillWanted) =>
      inTurn(() =>
        inSession(work, stillWanted).catch((error: unknown) => {
          if (error instanceof Pkcs11Error) return inSession(work, stillWanted);
          throw error;
        }),
      ),
    ).catch((error: unknown) => {
      throw error instanceof Pkcs11Error ? fault(`The HSM failed: ${error.message}.`) : error;
    });

  const keyIn = async (hsm: Module, { handle, keys }: Session, label: string): Promise<bigint> => {
    const known = keys.get(label);
    if (known !== undefined) return known;
    const [found, another] = await hsm.find(handle, objectClass.privateKey, label);
    if (found === undefined) throw fault('The token has no private key with this label.');
    if (another !== undefined) throw fault('The token has several private keys with this label.');
    keys.set(label, found);
    return found;
  };

  const publicPart = async (hsm: Module, { handle }: Session, key: bigint): Promise<KeyObject> => {
    // CKK_RSA is 0.
    const type = await hsm.read(handle, key, attribute.keyType);
    if (type?.readBigUInt64LE() !== 0n) throw fault('Maskinporten takes RSA keys only.');
    const modulus = await hsm.read(handle, key, attribute.modulus);
    if (!modulus) throw fault('The token does not tell the public part of this key.');
    // Where a token leaves it out it is the usual one, or the signature below shows that it is not.
    const exponent = (await hsm.read(handle, key, attribute.exponent)) ?? Buffer.from([1, 0, 1]);
    const [n, e] = [modulus.toString('base64url'), exponent.toString('base64url')];
    return checkedKey(createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' }), 'pkcs11');
  };

  const certificatesOf = async (hsm: Module, { handle }: Session, label: string): Promise<X509Certificate[]> => {
    const found: X509Certificate[] = [];
    for (const object of await hsm.find(handle, objectClass.certificate, label)) {
      const der = await hsm.read(handle, object, attribute.value);
      try {
        if (der) found.push(new X509Certificate(der));
      } catch {
        // Of another kind than X.509; whoever has no other is told that there is none.
      }
    }
    return found;
  };

  return {
    /** The key's public part, proved by a signature. Without a name it signs by the certificate of its label. */
    look: (label: string, kid: string | undefined, owner: KeyOwner): Promise<PublicKey> =>
      twice(async (hsm, session) => {
        const handle = await keyIn(hsm, session, label);
        const key = await publicPart(hsm, session, handle);
        const probe = Buffer.from('samtykkehub looks whether this key signs');
        if (!verify('RSA-SHA256', probe, key, await hsm.sign(session.handle, handle, probe)))
          throw fault('What the token signs with this key does not fit its public part.');
        if (kid !== undefined) return publicKey({ key, kid, chain: [], chainField: 'pkcs11' }, owner);
        const own = (await certificatesOf(hsm, session, label)).find((one) => one.publicKey.equals(key));
        if (!own)
          throw unusable('kid', 'A key needs the `kid` it is registered under, or a certificate with its label.');
        return publicKey({ key, chain: [own], chainField: 'pkcs11' }, owner);
      }),
    /** Signs in the token. Each signature is checked, which costs little: another key may have got the label. */
    signer: (label: string, { publicJwk }: PublicKey): SigningKey['sign'] => {
      const key = createPublicKey({ key: publicJwk, format: 'jwk' });
      return (input) =>
        twice(async (hsm, session) => {
          const signature = await hsm.sign(session.handle, await keyIn(hsm, session, label), input);
          if (verify('RSA-SHA256', input, key, signature)) return signature;
          throw fault('The token has another key with this label than the one that was added: add it as a new key.');
        });
    },
    async close(): Promise<void> {
      if (opened && idle.length > 0) await close(await opened, idle);
      idle = [];
    },
  };
};
