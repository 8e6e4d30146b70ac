import { toFailure } from '../errors/to-failure.ts';
import { invalidAnswer } from './wire.ts';

/** Two lengths, two checksums: the least that a frame can hold. The most is what Amazon's SDKs allow for a payload. */
const [minFrameBytes, maxFrameBytes] = [16, 16 * 1024 * 1024];

/**
 * Passes a body of binary frames on (smithy.io/2.0/aws/amazon-eventstream.html) as long as each frame announces a length
 * that can be: Amazon's decoder reserves what a frame announces, up to 4 GiB, before it checks anything (seen 2026-11-24).
 * A broken connection is named here: behind the decoder it looks like damage.
 */
export async function* passFrames(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let [length, lengthBytes, left] = [0, 0, 0];
  for (;;) {
    const { done, value } = await reader.read().catch((thrown: unknown) => {
      throw toFailure(thrown, 'yes');
    });
    if (done) return;
    let at = 0;
    while (at < value.byteLength) {
      if (left > 0) {
        const step = Math.min(left, value.byteLength - at);
        [left, at] = [left - step, at + step];
        continue;
      }
      length = length * 256 + (value[at] ?? 0);
      lengthBytes += 1;
      if (lengthBytes === 4) {
        if (length < minFrameBytes || length > maxFrameBytes) {
          // The frames before this one are whole; of its length the decoder must not see the last byte.
          yield value.subarray(0, at);
          throw invalidAnswer('A part of the answer arrived damaged.');
        }
        [left, length, lengthBytes] = [length - 4, 0, 0];
      }
      at += 1;
    }
    yield value;
  }
}
