import { Failure } from '../../contract/index.ts';

/** Passes an answer on until it has grown past `maxBytes`, counted after decompression. */
export function capBytes(body: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        bytes += value.byteLength;
        if (bytes > maxBytes) {
          void reader.cancel().catch(() => {});
          throw new Failure('model.invalid-answer', `The vendor's answer is larger than ${maxBytes} bytes.`, {
            sent: 'yes',
          });
        }
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
