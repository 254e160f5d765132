import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';

/** Where a sealed value lives. Bound in, so that it opens nowhere else: not in another row, column or tenant. */
export type Place = { tenantId: string; table: string; column: string; row: string };

export type SealingKey = { id: string; key: Buffer };

/** The symmetric ring: the first key seals, all open. */
export type SealingRing = {
  seal(place: Place, plain: string | Uint8Array): Uint8Array<ArrayBuffer>;
  /** @throws Error when the key is not in the ring, or the value was altered or comes from another place. */
  open(place: Place, sealed: Uint8Array): Buffer;
  /** Is it sealed with the first key? `hub reseal` moves the rest. */
  isCurrent(sealed: Uint8Array): boolean;
};

/** A shorter tag, which GCM would else accept, is guessed in no time. */
const authTagLength = 16;

const boundTo = ({ tenantId, table, column, row }: Place): Buffer =>
  Buffer.from(`${tenantId}|${table}|${column}|${row}`);

/** Fresh random bytes, drawn in stock: asking the generator for so few at a time costs more than sealing with them. */
const nonces = (() => {
  const stock = Buffer.alloc(12 * 512);
  let at = stock.length;
  return (): Buffer => {
    if (at === stock.length) {
      randomFillSync(stock);
      at = 0;
    }
    at += 12;
    return Buffer.from(stock.subarray(at - 12, at));
  };
})();

/** AES-256-GCM: one byte for the length of the key's id, the id, 12 bytes nonce, 16 bytes tag, then the text. */
export const sealingRing = (keys: readonly SealingKey[]): SealingRing => {
  const [first] = keys;
  if (!first) throw new Error('a sealing ring needs at least one key');
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new Error('two sealing keys have the same id');
  // As key objects: Node takes many times as long over a key it is handed as bytes.
  const byId = new Map(keys.map(({ id, key }) => [id, createSecretKey(key)]));
  const sealingKey = byId.get(first.id) as KeyObject;
  const head = Buffer.concat([Buffer.from([Buffer.byteLength(first.id)]), Buffer.from(first.id)]);
  return {
    seal(place, plain) {
      const nonce = nonces();
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce, { authTagLength }).setAAD(boundTo(place));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([head, nonce, cipher.getAuthTag(), text]);
    },
    open(place, sealed) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const start = 1 + (bytes[0] ?? 0);
      const id = bytes.subarray(1, start).toString();
      const key = byId.get(id);
      if (!key) throw new Error(`sealed with key ${JSON.stringify(id)}, which is not in HUB_SEALING_KEYS`);
      const nonce = bytes.subarray(start, start + 12);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength }).setAAD(boundTo(place));
      decipher.setAuthTag(bytes.subarray(start + 12, start + 28));
      return Buffer.concat([decipher.update(bytes.subarray(start + 28)), decipher.final()]);
    },
    isCurrent: (sealed) => Buffer.from(sealed.buffer, sealed.byteOffset, head.length).equals(head),
  };
};

/** HMAC-SHA-256 for one use of a key; the label keeps uses apart. */
export const hmac = (key: KeyObject, label: string, text: string): Buffer =>
  createHmac('sha256', key).update(`${label}\0${text}`).digest();

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
