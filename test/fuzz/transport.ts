import fc from 'fast-check';
import { http, type Ending } from '../vendors/bad-answers/bad-answer.ts';
import type { RawAnswer } from '../vendors/bad-answers/raw-server.ts';
import type { Original } from './original.ts';

/** How an answer travels. Mostly as it should. */
export interface Transport {
  readonly status: number;
  readonly contentType: string | null;
  readonly encoding: string | null;
  readonly ending: Ending;
  /** Bytes in a chunk of HTTP's. */
  readonly chunkBytes: number;
}

const mostly = <T>(usual: T, weight: number, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

export const transport: fc.Arbitrary<Transport> = fc.record({
  status: mostly(200, 19, fc.constantFrom(201, 204, 400, 401, 403, 404, 429, 500, 503)),
  contentType: mostly<string | null>(
    null,
    9,
    fc.constantFrom('text/plain', 'text/html', 'application/json', 'text/event-stream', ''),
  ),
  encoding: mostly<string | null>(null, 29, fc.constantFrom('gzip', 'br', 'deflate', 'planted')),
  // Those that hang take their time: one in a hundred.
  ending: fc.oneof(
    { weight: 89, arbitrary: fc.constant('end' as const) },
    { weight: 10, arbitrary: fc.constantFrom('cut' as const, 'reset' as const) },
    { weight: 1, arbitrary: fc.constant('hang' as const) },
  ),
  chunkBytes: fc.constantFrom(1, 7, 64, 1_000, 100_000),
});

/** Nothing about the way it travelled is wrong, so nothing may be blamed on it. */
export function isSound({ status, encoding, ending }: Transport): boolean {
  return status === 200 && (encoding === null || encoding === 'planted') && ending === 'end';
}

export function send(bytes: Buffer, { headers }: Original, how: Transport): RawAnswer {
  const size = Math.max(how.chunkBytes, Math.ceil(bytes.byteLength / 200));
  const chunks = Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_none, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return http({
    status: how.status,
    headers: {
      ...headers,
      ...(how.contentType === null ? {} : { 'content-type': how.contentType }),
      ...(how.encoding === null ? {} : { 'content-encoding': how.encoding }),
    },
    chunks,
    ending: how.ending,
  });
}
