import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { Failure } from '../../contract/index.ts';
import { rawPublicKey, toPrivateKey, toPublicKey } from './sealed-box.ts';

const rawBytes = 32;

interface RingKey {
  readonly id: string;
  readonly key: KeyObject;
  readonly raw: Buffer;
}

/** Keys by id, the first one primary. Printed, logged or serialized it shows its ids and nothing else. */
class KeyRing {
  readonly #keys: ReadonlyMap<string, RingKey>;
  readonly primaryId: string;

  constructor(keys: readonly [RingKey, ...RingKey[]]) {
    this.#keys = new Map(keys.map((one) => [one.id, one]));
    this.primaryId = keys[0].id;
  }

  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  find(id: string): RingKey | undefined {
    return this.#keys.get(id);
  }

  get primary(): RingKey {
    return this.#keys.get(this.primaryId) as RingKey;
  }

  toJSON(): unknown {
    return { ids: this.ids };
  }

  [inspect.custom](): string {
    return `${this.constructor.name} { ${this.ids.join(', ')} }`;
  }
}

/** Private keys: they open what was sealed to them. Only workers hold them. */
export class OpenKeys extends KeyRing {
  declare private readonly opens: true;
}

/** Public keys: they seal and open nothing. For the API and `byom apply`. */
export class SealKeys extends KeyRing {
  declare private readonly seals: true;
}

/** `BYOM_CREDENTIAL_KEYS`: `id:base64url[,id:base64url]`, the first is primary. Throws `model.misconfigured`. */
export function parseOpenKeys(ring: string): OpenKeys {
  return new OpenKeys(parseRing('BYOM_CREDENTIAL_KEYS', ring, toPrivateKey));
}

/** `BYOM_CREDENTIAL_PUBLIC_KEYS`, in the same form. Throws `model.misconfigured`. */
export function parseSealKeys(ring: string): SealKeys {
  return new SealKeys(parseRing('BYOM_CREDENTIAL_PUBLIC_KEYS', ring, toPublicKey));
}

/** A new pair of rings with one key each: the private one for workers, the public one for whoever stores credentials. */
export function generateKeys(id: string): { readonly openRing: string; readonly sealRing: string } {
  const { privateKey } = generateKeyPairSync('x25519');
  const raw = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-rawBytes);
  const publicRaw = rawPublicKey(createPublicKey(privateKey));
  return {
    openRing: `${id}:${raw.toString('base64url')}`,
    sealRing: `${id}:${publicRaw.toString('base64url')}`,
  };
}

function parseRing(name: string, ring: string, toKey: (raw: Buffer) => KeyObject): [RingKey, ...RingKey[]] {
  const refuse = (what: string): never => {
    throw new Failure('model.misconfigured', `${name}: ${what}. \`byom keys generate\` makes a key ring.`);
  };
  const keys = ring.split(',').map((part, index): RingKey => {
    const [, id, encoded] = /^\s*([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([A-Za-z0-9_-]+)\s*$/.exec(part) ?? [];
    if (id === undefined || encoded === undefined)
      return refuse(`key ${index + 1} does not have the form id:base64url`);
    const raw = Buffer.from(encoded, 'base64url');
    if (raw.length !== rawBytes) return refuse(`key ${id} does not have ${rawBytes} bytes`);
    return { id, raw, key: toKey(raw) };
  });
  const repeated = keys.find(({ id }, index) => keys.findIndex((one) => one.id === id) !== index);
  if (repeated) refuse(`the key id ${repeated.id} stands there twice`);
  return keys as [RingKey, ...RingKey[]];
}
