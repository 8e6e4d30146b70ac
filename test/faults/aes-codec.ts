import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';

const encoding = 'binary/encrypted';
const ivBytes = 12;
const tagBytes = 16;

/** A host's payload codec, as it is usually made: each payload is sealed whole with AES-256-GCM. */
export function createAesCodec(key: Buffer): PayloadCodec {
  return {
    encode: async (payloads) => payloads.map((payload) => seal(key, payload)),
    decode: async (payloads) => payloads.map((payload) => open(key, payload)),
  };
}

function seal(key: Buffer, payload: Payload): Payload {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(toText(payload)), cipher.final()]);
  return {
    metadata: { encoding: Buffer.from(encoding) },
    data: Buffer.concat([iv, sealed, cipher.getAuthTag()]),
  };
}

function open(key: Buffer, payload: Payload): Payload {
  if (Buffer.from(payload.metadata?.['encoding'] ?? []).toString() !== encoding) return payload;
  const data = Buffer.from(payload.data ?? []);
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, ivBytes));
  decipher.setAuthTag(data.subarray(-tagBytes));
  const plain = Buffer.concat([decipher.update(data.subarray(ivBytes, -tagBytes)), decipher.final()]);
  return fromText(plain.toString());
}

interface TextOfPayload {
  readonly metadata: readonly (readonly [string, string])[];
  readonly data: string;
}

function toText({ metadata, data }: Payload): string {
  const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)] as const);
  return JSON.stringify({ metadata: entries, data: base64(data) } satisfies TextOfPayload);
}

function fromText(text: string): Payload {
  const { metadata, data } = JSON.parse(text) as TextOfPayload;
  const entries = metadata.map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') };
}
