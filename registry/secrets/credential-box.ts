import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Failure } from '../../contract/index.ts';
import type { OpenKeys, SealKeys } from './key-ring.ts';
import { openBox, sealBox } from './sealed-box.ts';
import type { SealedBox } from './sealed-box.ts';

const saltBytes = 16;

/** Where a credential belongs. It opens nowhere else: not for another organization, provider, generation or address. */
export interface CredentialPlace {
  readonly org: string;
  readonly providerId: string;
  readonly generation: number;
  readonly audience: string;
}

export function sealCredential(credential: unknown, place: CredentialPlace, keys: SealKeys): SealedBox {
  return sealBox(Buffer.from(canonical(credential)), keys.primary, contextOf(place));
}

/** Throws `model.misconfigured` with the key's id, and never a word of what was in it. */
export function openCredential(box: SealedBox, place: CredentialPlace, keys: OpenKeys): unknown {
  const key = keys.find(box.keyId);
  if (key === undefined)
    // Our own fault and not the model's: another worker may have the key, and nobody else is to be asked meanwhile.
    throw new Failure('worker.lost', `This worker's key ring has no key ${box.keyId}. Add it.`, {
      sent: 'no',
    });
  try {
    return JSON.parse(openBox(box, key.key, contextOf(place)).toString());
  } catch {
    throw new Failure(
      'model.misconfigured',
      `The stored credential does not open with key ${box.keyId} at its place. Set it again.`,
      { sent: 'no' },
    );
  }
}

/**
 * Tells whether a credential is the one stored, without opening that: a salted HMAC. The salt makes equal credentials of
 * two providers look different.
 */
export function fingerprint(credential: unknown): Buffer {
  return saltedDigest(credential, randomBytes(saltBytes));
}

export function hasFingerprint(credential: unknown, stored: Buffer): boolean {
  const digest = saltedDigest(credential, stored.subarray(0, saltBytes));
  return digest.length === stored.length && timingSafeEqual(digest, stored);
}

function saltedDigest(credential: unknown, salt: Buffer): Buffer {
  const digest = createHmac('sha256', salt).update('byom.fingerprint.v1\n').update(canonical(credential));
  return Buffer.concat([salt, digest.digest()]);
}

function contextOf({ org, providerId, generation, audience }: CredentialPlace): Buffer {
  return Buffer.from(JSON.stringify(['byom.credential.v1', org, providerId, generation, audience]));
}

/** One text per value, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
