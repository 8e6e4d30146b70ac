import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
/** RFC 8410: what stands before the 32 raw bytes of an X25519 key in its DER form. */
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/** A secret under a data key of its own, and that key wrapped to a public key. */
export interface SealedBox {
  readonly keyId: string;
  readonly wrappedKey: Buffer;
  readonly ciphertext: Buffer;
}

/** Seals to a public key: whoever does it cannot open it again. `context` must be the same when it is opened. */
export function sealBox(plain: Buffer, to: { id: string; key: KeyObject }, context: Buffer): SealedBox {
  const dataKey = randomBytes(keyBytes);
  const ephemeral = generateKeyPairSync('x25519');
  const ephemeralRaw = rawPublicKey(ephemeral.publicKey);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: to.key });
  const wrapping = wrappingKey(shared, ephemeralRaw, rawPublicKey(to.key));
  // The payload's context leaves the key id out, so that wrapping anew to another key keeps it valid.
  const wrapped = encrypt(dataKey, wrapping, Buffer.concat([context, Buffer.from(to.id)]));
  return {
    keyId: to.id,
    wrappedKey: Buffer.concat([ephemeralRaw, wrapped]),
    ciphertext: encrypt(plain, dataKey, context),
  };
}

/** Throws when anything, the context included, is not as it was sealed. */
export function openBox(box: SealedBox, key: KeyObject, context: Buffer): Buffer {
  const ephemeralRaw = box.wrappedKey.subarray(0, keyBytes);
  const shared = diffieHellman({ privateKey: key, publicKey: toPublicKey(ephemeralRaw) });
  const wrapping = wrappingKey(shared, ephemeralRaw, ownPublicKey(key));
  const wrapped = box.wrappedKey.subarray(keyBytes);
  const dataKey = decrypt(wrapped, wrapping, Buffer.concat([context, Buffer.from(box.keyId)]));
  return decrypt(box.ciphertext, dataKey, context);
}

const ownPublicKeys = new WeakMap<KeyObject, Buffer>();

/** Derived once per key of the ring: it costs more than all else of opening a box (0.4 ms measured). */
function ownPublicKey(key: KeyObject): Buffer {
  const raw = ownPublicKeys.get(key) ?? rawPublicKey(createPublicKey(key));
  ownPublicKeys.set(key, raw);
  return raw;
}

/** Nonce, ciphertext, tag: AES-256-GCM. */
export function encrypt(plain: Buffer, key: Buffer, context: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(context);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export function decrypt(sealed: Buffer, key: Buffer, context: Buffer): Buffer {
  const nonce = sealed.subarray(0, nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(context);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}

export function deriveKey(secret: Buffer, salt: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, purpose, keyBytes));
}

export function toPrivateKey(raw: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([privatePrefix, raw]), format: 'der', type: 'pkcs8' });
}

export function toPublicKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, raw]), format: 'der', type: 'spki' });
}

export function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length);
}

/** Bound to both public keys, so that one shared secret serves one pair. */
function wrappingKey(shared: Buffer, ephemeral: Buffer, recipient: Buffer): Buffer {
  return deriveKey(shared, Buffer.concat([ephemeral, recipient]), 'byom.wrap.v1');
}
