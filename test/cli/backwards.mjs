/** A codec that anybody can undo, which is enough to see that it was used: the bytes of every payload, last first. */
const encoding = new TextEncoder().encode('binary/backwards');

export const dataConverter = {
  payloadCodecs: [
    {
      encode: async (payloads) =>
        payloads.map(({ metadata, data }) => ({
          metadata: { encoding, was: metadata.encoding },
          data: Uint8Array.from(data ?? []).toReversed(),
        })),
      decode: async (payloads) =>
        payloads.map(({ metadata, data }) => ({
          metadata: { encoding: metadata.was },
          data: Uint8Array.from(data ?? []).toReversed(),
        })),
    },
  ],
};
