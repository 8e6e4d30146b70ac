import { crc32 } from 'node:zlib';
import { reportedToFailure } from '../errors/to-failure.ts';
import { parseJson, type ErrorWords } from '../errors/vendor-error.ts';
import { asObject, damagedAnswer, type Json } from './wire.ts';

/** Two lengths and their checksum before, a checksum behind: the least that a frame can be. The most is what Amazon's SDKs allow. */
const [headBytes, tailBytes, maxFrameBytes] = [12, 4, 16 * 1024 * 1024];

/**
 * Splits a body into frames (smithy.io/2.0/aws/amazon-eventstream.html) and yields the event of each, under its name:
 * `{ contentBlockDelta: { … } }`. Ours, because Amazon's decoder reserves what a frame announces, up to 4 GiB, before it checks
 * anything (seen 2026-11-24). Throws `model.invalid-answer` for damage, and the failure that an exception in the stream names.
 */
export async function* readFrames(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  words: ErrorWords,
): AsyncGenerator<Json> {
  let pieces: Uint8Array[] = [];
  let [heldBytes, neededBytes] = [0, headBytes];
  for (;;) {
    const { done, value } = await reader.read();
    if (done && heldBytes > 0) throw damagedAnswer();
    if (done) return;
    pieces.push(value);
    heldBytes += value.byteLength;
    // Put together only where a frame is whole: bytes that dribble in would be copied again and again.
    if (heldBytes < neededBytes) continue;
    let bytes = Buffer.concat(pieces, heldBytes);
    while (bytes.length >= (neededBytes = neededFor(bytes))) {
      yield readEvent(bytes.subarray(0, neededBytes), words);
      bytes = bytes.subarray(neededBytes);
    }
    [pieces, heldBytes] = [[bytes], bytes.length];
  }
}

/** How much there must be to go on: a head, and then the frame whose length it says. */
function neededFor(bytes: Buffer): number {
  if (bytes.length < headBytes) return headBytes;
  const length = bytes.readUInt32BE(0);
  if (length < headBytes + tailBytes || length > maxFrameBytes) throw damagedAnswer();
  // Before the frame is waited for: a length that was damaged would be waited for in vain.
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) throw damagedAnswer();
  return length;
}

function readEvent(frame: Buffer, words: ErrorWords): Json {
  const headersEnd = headBytes + frame.readUInt32BE(4);
  const payloadEnd = frame.length - tailBytes;
  const isWhole = crc32(frame.subarray(0, payloadEnd)) === frame.readUInt32BE(payloadEnd);
  if (!isWhole || headersEnd > payloadEnd) throw damagedAnswer();
  const headers = readHeaders(frame.subarray(headBytes, headersEnd));
  const text = frame.toString('utf8', headersEnd, payloadEnd);
  const header = (name: string): string => headers.get(name) ?? '';
  switch (header(':message-type')) {
    case 'event': {
      const payload = asObject(parseJson(text));
      if (payload === null) throw damagedAnswer();
      return { [header(':event-type')]: payload };
    }
    case 'exception':
      throw reportedToFailure({ code: header(':exception-type'), message: text }, words);
    case 'error':
      throw reportedToFailure({ code: header(':error-code'), message: header(':error-message') }, words);
    default:
      throw damagedAnswer();
  }
}

/** Bytes of a header's value by its type; two types say their length themselves. */
const bytesByType: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
const textType = 7;

/** Those headers that hold text: all that say what a frame is. */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  try {
    for (let at = 0; at < bytes.length;) {
      const nameEnd = at + 1 + bytes.readUInt8(at);
      const type = bytes.readUInt8(nameEnd);
      const fixedBytes = bytesByType[type];
      if (fixedBytes === undefined) throw damagedAnswer();
      const start = nameEnd + (fixedBytes < 0 ? 3 : 1);
      const end = start + (fixedBytes < 0 ? bytes.readUInt16BE(nameEnd + 1) : fixedBytes);
      if (end > bytes.length) throw damagedAnswer();
      if (type === textType)
        headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', start, end));
      at = end;
    }
  } catch {
    // Also what a read beyond the end throws.
    throw damagedAnswer();
  }
  return headers;
}
