import { meant, said } from '../vendors/bad-answers/bad-answer.ts';
import { pathsIn, valueAt } from '../vendors/bad-answers/wrong-types.ts';
import type { Dialect } from '../vendors/dialects/dialect.ts';

/** A stretch of an answer's bytes: one event, or a whole answer. */
export interface Piece {
  readonly bytes: Buffer;
  /**
   * For each byte, whether it is the text's own. In a stream: the events that hold words and the one that ends them, with
   * the line breaks before each. In a whole answer: the object or list of parts in which the text stands. Outside of these
   * no change may alter the text; within them it may, because nothing in the format would show it.
   */
  readonly own: Buffer;
}

/** A good answer, before anything happens to it. */
export interface Original {
  readonly dialect: Dialect;
  readonly streaming: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly Piece[];
}

export function originalsOf(dialect: Dialect): readonly Original[] {
  return [
    {
      dialect,
      streaming: true,
      headers: dialect.streamHeaders,
      pieces: streamPieces(dialect),
    },
    {
      dialect,
      streaming: false,
      headers: { 'content-type': 'application/json' },
      pieces: [wholePiece(dialect)],
    },
  ];
}

function streamPieces(dialect: Dialect): readonly Piece[] {
  const events = dialect.events(meant).map((event) => Buffer.from(event as Uint8Array));
  const end = events.length - dialect.tail;
  const isOwn = (event: Buffer | undefined, index: number): boolean =>
    index === end - 1 || meant.words.some((word) => event?.includes(JSON.stringify(word).slice(1, -1)));
  return events.map((bytes, index) => {
    const own = Buffer.alloc(bytes.byteLength, isOwn(bytes, index) ? 1 : 0);
    // The blank line that parts an event from the next one decides over both.
    if (index + 1 < end && isOwn(events[index + 1], index + 1)) own.fill(1, Math.max(0, own.byteLength - 2));
    return { bytes, own };
  });
}

function wholePiece(dialect: Dialect): Piece {
  const text = dialect.whole(meant);
  const answer = JSON.parse(text) as unknown;
  const path = pathsIn(answer).find((one) => valueAt(answer, one) === said) ?? [];
  // A text in a list of parts depends on what its neighbours say of themselves; one in an object on the other fields.
  const around = typeof path.at(-2) === 'number' ? path.slice(0, -2) : path.slice(0, -1);
  const container = JSON.stringify(valueAt(answer, around));
  const start = Buffer.byteLength(text.slice(0, text.indexOf(container)));
  const own = Buffer.alloc(Buffer.byteLength(text));
  own.fill(1, start, start + Buffer.byteLength(container));
  return { bytes: Buffer.from(text), own };
}
