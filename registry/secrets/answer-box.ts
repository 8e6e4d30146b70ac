import { Failure } from '../../contract/index.ts';
import type { VendorReply } from '../../contract/index.ts';
import type { OpenKeys } from './key-ring.ts';
import { decrypt, deriveKey, encrypt } from './sealed-box.ts';

/** `attempt_answers` takes 1 MiB; a larger answer is not kept, and its call is repeated after a crash. */
const sealedMaxBytes = 1_048_576;

export interface SealedAnswer {
  readonly keyId: string;
  /** The UTC day whose key it is under, `YYYY-MM-DD`. */
  readonly day: string;
  readonly sealed: string;
}

/** Which call an answer belongs to. */
export interface AnswerPlace {
  readonly org: string;
  readonly runId: string;
  readonly call: number;
}

/** Seals an answer under a key per organization and day, so that no key opens much. Null: too large to keep. */
export function sealAnswer(
  reply: VendorReply,
  place: AnswerPlace,
  keys: OpenKeys,
  now: Date,
): SealedAnswer | null {
  const day = now.toISOString().slice(0, 10);
  const { id, raw } = keys.primary;
  const sealed = encrypt(
    Buffer.from(JSON.stringify(reply)),
    answerKey(raw, place.org, day),
    contextOf(place, day),
  );
  return sealed.length > sealedMaxBytes ? null : { keyId: id, day, sealed: sealed.toString('base64') };
}

/** Throws `registry.unavailable`: another worker, with the right ring, can open it. */
export function openAnswer(
  { keyId, day, sealed }: SealedAnswer,
  place: AnswerPlace,
  keys: OpenKeys,
): VendorReply {
  const key = keys.find(keyId);
  if (key === undefined)
    throw new Failure('registry.unavailable', `This worker's key ring has no key ${keyId}. Add it.`);
  try {
    const plain = decrypt(
      Buffer.from(sealed, 'base64'),
      answerKey(key.raw, place.org, day),
      contextOf(place, day),
    );
    return JSON.parse(plain.toString()) as VendorReply;
  } catch {
    throw new Failure('registry.unavailable', `A stored answer does not open with key ${keyId}.`);
  }
}

function answerKey(raw: Buffer, org: string, day: string): Buffer {
  return deriveKey(raw, Buffer.from(org), `byom.answer.v1\n${day}`);
}

function contextOf({ org, runId, call }: AnswerPlace, day: string): Buffer {
  return Buffer.from(JSON.stringify(['byom.answer.v1', org, runId, call, day]));
}
