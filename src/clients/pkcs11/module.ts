import koffi, { type TypeObject } from 'koffi';

// PKCS#11 2.40 (OASIS): numbers of pkcs11t.h, the form of pkcs11f.h. https://docs.oasis-open.org/pkcs11/pkcs11-base/v2.40/
/** Where each call stands in the module's list, and what it takes. */
const calls = {
  C_Initialize: [0, ['void *']],
  C_GetSlotList: [4, ['uchar', 'void *', 'void *']],
  C_GetTokenInfo: [6, ['ulong', 'void *']],
  C_OpenSession: [12, ['ulong', 'ulong', 'void *', 'void *', 'void *']],
  C_CloseSession: [13, ['ulong']],
  C_Login: [18, ['ulong', 'ulong', 'void *', 'ulong']],
  C_GetAttributeValue: [24, ['ulong', 'ulong', 'void *', 'ulong']],
  C_FindObjectsInit: [26, ['ulong', 'void *', 'ulong']],
  C_FindObjects: [27, ['ulong', 'void *', 'ulong', 'void *']],
  C_FindObjectsFinal: [28, ['ulong']],
  C_SignInit: [42, ['ulong', 'void *', 'ulong']],
  C_Sign: [43, ['ulong', 'void *', 'ulong', 'void *', 'void *']],
} as const;
type Call = keyof typeof calls;

export const attribute = { class: 0x0, label: 0x3, value: 0x11, keyType: 0x100, modulus: 0x120, exponent: 0x122 };
export const objectClass = { certificate: 0x1n, privateKey: 0x3n };
export const tokenFlag = { initialized: 0x400, userPinFinalTry: 0x20000, userPinLocked: 0x40000 };

/** Answers that mean something to us or to whoever reads the log. */
export const answers: Record<string, number> = {
  CKR_GENERAL_ERROR: 0x5,
  CKR_FUNCTION_FAILED: 0x6,
  CKR_ATTRIBUTE_SENSITIVE: 0x11,
  CKR_ATTRIBUTE_TYPE_INVALID: 0x12,
  CKR_DEVICE_ERROR: 0x30,
  CKR_DEVICE_REMOVED: 0x32,
  CKR_KEY_FUNCTION_NOT_PERMITTED: 0x68,
  CKR_MECHANISM_INVALID: 0x70,
  CKR_PIN_INCORRECT: 0xa0,
  CKR_PIN_LEN_RANGE: 0xa2,
  CKR_PIN_EXPIRED: 0xa3,
  CKR_PIN_LOCKED: 0xa4,
  CKR_SESSION_HANDLE_INVALID: 0xb3,
  CKR_TOKEN_NOT_PRESENT: 0xe0,
  CKR_USER_ALREADY_LOGGED_IN: 0x100,
  CKR_USER_NOT_LOGGED_IN: 0x101,
  CKR_CRYPTOKI_ALREADY_INITIALIZED: 0x191,
};

/** A module answered something else than `CKR_OK`. */
export class Pkcs11Error extends Error {
  override readonly name = 'Pkcs11Error';
  readonly answer: number;
  constructor(call: Call, answer: number) {
    const known = Object.entries(answers).find(([, value]) => value === answer)?.[0];
    super(`${call} answered ${known ?? `0x${answer.toString(16)}`}`);
    this.answer = answer;
  }
  is(...names: string[]): boolean {
    return names.some((name) => answers[name] === this.answer);
  }
}

/** A CK_ULONG or more in memory, as 64-bit Unix has them. */
const ulongs = (...values: bigint[]): Buffer => {
  const memory = Buffer.alloc(8 * values.length);
  for (const [place, value] of values.entries()) memory.writeBigUInt64LE(value, 8 * place);
  return memory;
};
const ulongsIn = (memory: Buffer, count: number): bigint[] =>
  Array.from({ length: count }, (_, place) => memory.readBigUInt64LE(8 * place));

/** A CK_ATTRIBUTE: what, where, how long. */
const attributeIn = (type: number, value: Buffer): Buffer =>
  ulongs(BigInt(type), koffi.address(value), BigInt(value.length));

/** What was handed to a call that runs in another thread must not be collected meanwhile. */
const underWay = new Set<readonly unknown[]>();
/** Nor may a library be unloaded that is still called; it stays for as long as the process. */
const loaded = new Set<unknown>();

const bind = (path: string) => {
  if (koffi.sizeof('ulong') !== 8) throw new Error('PKCS#11 modules are spoken to on 64-bit Unix only');
  const library = koffi.load(path);
  loaded.add(library);
  const list: [bigint | null] = [null];
  library.func('C_GetFunctionList', 'ulong', [koffi.out('void **')])(list);
  if (list[0] === null) throw new Error('the module has no list of functions');
  // After two bytes of version comes, aligned, one pointer a function.
  const pointers: bigint[] = koffi.decode(list[0], 8, koffi.array('void *', 68));
  const functionOf = (name: Call): ReturnType<typeof library.func> => {
    const [place, takes] = calls[name];
    return koffi.decode(pointers[place], koffi.proto('ulong', [...takes] as (string | TypeObject)[]));
  };
  const functions = new Map(Object.keys(calls).map((name) => [name as Call, functionOf(name as Call)]));

  /** In libuv's pool. `kept` is what the arguments point at. */
  return (name: Call, args: readonly unknown[], ...kept: Buffer[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const held = [...args, ...kept];
      underWay.add(held);
      functions.get(name)?.async(...args, (error: Error | null, answer: number) => {
        underWay.delete(held);
        if (error) reject(error);
        else if (answer === 0) resolve();
        else reject(new Pkcs11Error(name, answer));
      });
    });
};

/** The dozen calls of a PKCS#11 module that signing takes. Each runs outside the event loop and throws `Pkcs11Error`. */
export const openModule = async (path: string) => {
  const call = bind(path);
  // CKF_OS_LOCKING_OK: calls come from several threads. Never finalised: it would be for everybody in this process.
  await call('C_Initialize', [ulongs(0n, 0n, 0n, 0n, 2n, 0n)]).catch((error: unknown) => {
    if (!(error instanceof Pkcs11Error && error.is('CKR_CRYPTOKI_ALREADY_INITIALIZED'))) throw error;
  });

  return {
    /** Slots with a token that has been set up, its label, and what it says of itself (`tokenFlag`). */
    async tokens(): Promise<{ slot: bigint; label: string; flags: number }[]> {
      const count = ulongs(0n);
      await call('C_GetSlotList', [1, null, count]);
      const [most = 0n] = ulongsIn(count, 1);
      const list = Buffer.alloc(8 * Number(most));
      await call('C_GetSlotList', [1, list, count]);
      const found: { slot: bigint; label: string; flags: number }[] = [];
      for (const slot of ulongsIn(list, Number(ulongsIn(count, 1)[0]))) {
        const info = Buffer.alloc(256);
        await call('C_GetTokenInfo', [slot, info]);
        const flags = info.readUInt32LE(96);
        if ((flags & tokenFlag.initialized) !== 0)
          found.push({ slot, label: info.toString('utf8', 0, 32).trimEnd(), flags });
      }
      return found;
    },
    /** CKF_SERIAL_SESSION, read only. */
    async openSession(slot: bigint): Promise<bigint> {
      const session = ulongs(0n);
      await call('C_OpenSession', [slot, 4, null, null, session]);
      return session.readBigUInt64LE();
    },
    closeSession: (session: bigint): Promise<void> => call('C_CloseSession', [session]),
    /** CKU_USER, for all sessions of this process with the token. */
    async login(session: bigint, pin: string): Promise<void> {
      const bytes = Buffer.from(pin);
      await call('C_Login', [session, 1, bytes, bytes.length]).catch((error: unknown) => {
        if (!(error instanceof Pkcs11Error && error.is('CKR_USER_ALREADY_LOGGED_IN'))) throw error;
      });
    },
    /** Objects of a class with a label; sixteen at most. */
    async find(session: bigint, kind: bigint, label: string): Promise<bigint[]> {
      const [ofKind, ofLabel] = [ulongs(kind), Buffer.from(label)];
      const template = Buffer.concat([attributeIn(attribute.class, ofKind), attributeIn(attribute.label, ofLabel)]);
      const [list, count] = [Buffer.alloc(8 * 16), ulongs(0n)];
      await call('C_FindObjectsInit', [session, template, 2], ofKind, ofLabel);
      await call('C_FindObjects', [session, list, 16, count]);
      await call('C_FindObjectsFinal', [session]);
      return ulongsIn(list, Number(count.readBigUInt64LE()));
    },
    /** Undefined when the object has none, or does not tell. */
    async read(session: bigint, object: bigint, type: number): Promise<Buffer | undefined> {
      const value = Buffer.alloc(16 * 1024);
      const template = attributeIn(type, value);
      try {
        await call('C_GetAttributeValue', [session, object, template, 1], value);
      } catch (error) {
        if (error instanceof Pkcs11Error && error.is('CKR_ATTRIBUTE_TYPE_INVALID', 'CKR_ATTRIBUTE_SENSITIVE'))
          return undefined;
        throw error;
      }
      return value.subarray(0, Number(template.readBigUInt64LE(16)));
    },
    /** CKM_SHA256_RSA_PKCS, which JWTs call RS256. */
    async sign(session: bigint, key: bigint, input: Uint8Array): Promise<Uint8Array> {
      const [data, signature, length] = [Buffer.from(input), Buffer.alloc(2048), ulongs(2048n)];
      await call('C_SignInit', [session, ulongs(0x40n, 0n, 0n), key]);
      await call('C_Sign', [session, data, data.length, signature, length]);
      return signature.subarray(0, Number(length.readBigUInt64LE()));
    },
  };
};

export type Module = Awaited<ReturnType<typeof openModule>>;
