import type { FailureType } from '../../../contract/index.ts';
import type { Chunk, Dialect, Meant } from '../dialects/dialect.ts';
import type { RawAnswer } from './raw-server.ts';

/** What the vendor meant to say in every bad answer. `planted` must never be seen outside the answer itself. */
export const meant: Meant = { words: ['Good ', 'mörning', ', 8.0! planted'], end: 'stop', usage: true };
export const said = meant.words.join('');

/** `answered`: the complete text, because what is bad about the answer takes nothing of it away. */
export type Outcome = 'answered' | FailureType;

/** One thing that can be wrong with an answer, and all that may come of it. */
export interface BadAnswer {
  readonly name: string;
  readonly streaming: boolean;
  readonly answer: RawAnswer;
  /** Mostly one; more where vendors' formats rightly differ in what they need. */
  readonly outcomes: readonly Outcome[];
  /** The vendor falls silent: the limits are short, and nobody asks it again. */
  readonly silent?: true;
  /** A limit of silence that passes before we stop listening for what may come after the end. */
  readonly idleMs?: number;
  /** The status that the failure has to name. */
  readonly httpStatus?: number;
  /** The guard's cap on the answer. */
  readonly maxBytes?: number;
  /** Once it was made bad, the answer itself says less, or something else: any sequence of these. */
  readonly mayConsistOf?: readonly string[];
}

/** `cut`: the connection ends without the chunk that closes the body. */
export type Ending = 'end' | 'cut' | 'reset' | 'hang';

export interface Response {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunks?: readonly Chunk[];
  readonly ending?: Ending;
}

const json = { 'content-type': 'application/json' };

/** A response in proper HTTP, up to its ending. */
export function http({ status = 200, headers = json, chunks = [], ending = 'end' }: Response): RawAnswer {
  const bodiless = status === 204 || status === 304;
  const lines = Object.entries({
    connection: 'close',
    ...(bodiless ? {} : { 'transfer-encoding': 'chunked' }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes: Chunk[] = [`HTTP/1.1 ${status} Planted\r\n${lines.join('')}\r\n`];
  if (!bodiless) {
    bytes.push(...chunks.map((chunk) => Buffer.from(chunk as Uint8Array)).flatMap(framed));
    if (ending === 'end') bytes.push('0\r\n\r\n');
  }
  return { bytes, ending: ending === 'reset' ? 'reset' : ending === 'hang' ? 'open' : 'end' };
}

function framed(chunk: Buffer): readonly Buffer[] {
  // A chunk of no bytes would close the body.
  if (chunk.byteLength === 0) return [];
  return [Buffer.concat([Buffer.from(`${chunk.byteLength.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])];
}

/** A stream of these events, as the dialect's vendor would send it. */
export function stream(dialect: Dialect, chunks: readonly Chunk[], ending: Ending = 'end'): RawAnswer {
  return http({ headers: dialect.streamHeaders, chunks, ending });
}

/** How many events it takes until the end of the answer has been said. */
export function completeAfter(dialect: Dialect): number {
  return dialect.events(meant).length - dialect.tail;
}
