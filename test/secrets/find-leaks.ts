import { constants, inflateRawSync } from 'node:zlib';

/** Something that must not show, under the name by which a leak of it is told. */
export interface Planted {
  readonly name: string;
  /** Bytes where it is a key that is no text. */
  readonly value: string | Uint8Array;
}

interface Leak {
  readonly planted: string;
  /** How it was written, from outside inwards: `base64 › gzip › plain`. */
  readonly form: string;
}

export type FindLeaks = (haystack: Uint8Array | string) => readonly Leak[];

/**
 * A cut of that many bytes of a planted text is found, wherever it was cut out and however it lies in its encoding: it
 * holds a whole piece of the text, and pieces are what is looked for.
 */
export const cutMinBytes = 17;

/** Leaks of every planted text in every encoding, also inside base64, hex, gzip and deflate, and inside one another. */
export function createFindLeaks(planted: readonly Planted[]): FindLeaks {
  const table = new PieceTable(planted);
  return (haystack) => {
    const bytes = typeof haystack === 'string' ? Buffer.from(haystack) : Buffer.from(haystack);
    const found = new Map<string, Leak>();
    search(table, bytes, [], found);
    return [...found.values()];
  };
}

const nestedMax = 4;

function search(table: PieceTable, bytes: Buffer, outer: readonly string[], found: Map<string, Leak>): void {
  for (const { planted, form } of table.findIn(bytes)) {
    const leak = { planted, form: [...outer, form].join(' › ') };
    found.set(`${leak.planted}\n${leak.form}`, leak);
  }
  if (outer.length === nestedMax) return;
  // A stream without a header has no mark: it is found where it is all that there is.
  const contained =
    outer.length === 0 ? [...inflated('deflate', bytes), ...containedIn(bytes)] : containedIn(bytes);
  for (const [kind, inner] of contained) search(table, inner, [...outer, kind], found);
}

type Contained = readonly [kind: string, inner: Buffer];

/** A piece of a planted text as it would be written in one encoding. */
interface Piece extends Leak {
  readonly bytes: Buffer;
}

const hashedBytes = 4;

/** Looks for thousands of pieces in one pass: the first four bytes of each are looked up at every position. */
class PieceTable {
  readonly #begins = new Uint8Array(2 ** 16);
  readonly #pieces = new Map<number, Piece[]>();

  constructor(planted: readonly Planted[]) {
    const known = new Set<string>();
    for (const piece of planted.flatMap(piecesOf)) {
      const key = `${piece.planted}\n${piece.bytes.toString('latin1')}`;
      if (known.has(key)) continue; // Most pieces look the same in several encodings; the first one names it.
      known.add(key);
      const word = piece.bytes.readInt32BE(0);
      this.#begins[slotOf(word)] = 1;
      this.#pieces.set(word, [...(this.#pieces.get(word) ?? []), piece]);
    }
  }

  findIn(haystack: Buffer): readonly Piece[] {
    const found = new Set<Piece>();
    let word = 0;
    for (let end = 0; end < haystack.length; end += 1) {
      word = (word << 8) | (haystack[end] ?? 0);
      if (this.#begins[slotOf(word)] === 0) continue;
      const start = end - hashedBytes + 1;
      for (const piece of this.#pieces.get(word) ?? [])
        if (piece.bytes.equals(haystack.subarray(start, start + piece.bytes.length))) found.add(piece);
    }
    return [...found];
  }
}

// Looked up once: a global is slow to reach from within jest, and this is asked for every byte.
const { imul } = Math;

function slotOf(word: number): number {
  return imul(word, 0x9e3779b1) >>> 16;
}

const pieceCharacters = 8;

function piecesOf({ name: planted, value }: Planted): readonly Piece[] {
  const plain = Buffer.from(value);
  if (plain.length < cutMinBytes) throw new Error(`${planted} is too short to be told from chance.`);
  const asBytes = cut(plain, pieceCharacters).map((bytes) => ({ planted, form: 'plain', bytes }));
  if (typeof value !== 'string') return asBytes;
  const characters = [...value];
  const written = Object.entries(writings).flatMap(([form, write]) =>
    cut(characters, pieceCharacters).map((piece) => [form, write(piece.join(''))] as const),
  );
  const reversed = cut(characters.toReversed(), pieceCharacters).map(
    (piece) => ['reversed', piece.join('')] as const,
  );
  const asTexts = [...written, ...reversed].map(([form, text]) => ({
    planted,
    form,
    bytes: Buffer.from(text),
  }));
  return [...asBytes, ...asTexts];
}

/** What is done to texts one character after the other. What is done to bytes is undone instead, by `containedIn`. */
const writings: Readonly<Record<string, (piece: string) => string | Buffer>> = {
  JSON: (piece) => JSON.stringify(piece).slice(1, -1),
  'JSON in JSON': (piece) => JSON.stringify(JSON.stringify(piece).slice(1, -1)).slice(1, -1),
  'JSON, all escaped': (piece) =>
    piece
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  URL: encodeURIComponent,
  url: (piece) => encodeURIComponent(piece).replaceAll(/%../g, (code) => code.toLowerCase()),
  form: (piece) => new URLSearchParams({ '': piece }).toString().slice(1),
  'URL, all escaped': (piece) => percent(piece).toUpperCase(),
  'url, all escaped': percent,
  'UTF-16 LE': (piece) => Buffer.from(piece, 'utf16le'),
  'UTF-16 BE': (piece) => Buffer.from(piece, 'utf16le').swap16(),
};

function percent(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Pieces of one length; what is left over at the end is not looked for. */
function cut<T extends { readonly length: number; slice(from: number, to: number): T }>(
  whole: T,
  length: number,
): readonly T[] {
  const count = Math.floor(whole.length / length);
  return Array.from({ length: count }, (_, index) => whole.slice(index * length, (index + 1) * length));
}

/** Everything in there that holds something else. */
function* containedIn(bytes: Buffer): Generator<Contained> {
  yield* deflatedIn(bytes);
  const text = bytes.toString('latin1');
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{22,}/g))
    // It may have been cut anywhere, and what stands before it without a gap looks like a part of it.
    for (let shift = 0; shift < 4; shift += 1) yield ['base64', Buffer.from(run.slice(shift), 'base64')];
  for (const [run] of text.matchAll(/[0-9A-Fa-f]{32,}/g))
    for (let shift = 0; shift < 2; shift += 1) yield ['hex', Buffer.from(run.slice(shift), 'hex')];
  // As `util.inspect` shows a buffer, and as JSON does.
  for (const [run] of text.matchAll(/[0-9A-Fa-f]{2}(?:[ :][0-9A-Fa-f]{2}){15,}/g))
    yield ['spaced hex', Buffer.from(run.replaceAll(/[ :]/g, ''), 'hex')];
  for (const [run] of text.matchAll(/\d{1,3}(?:,\s{0,20}\d{1,3}){15,}/g))
    yield ['numbers', Buffer.from(run.split(',').map(Number))];
}

/** Streams with a header, wherever they are. */
function* deflatedIn(bytes: Buffer): Generator<Contained> {
  for (let at = 0; at + 2 < bytes.length; at += 1) {
    const [first = 0, second = 0] = [bytes[at], bytes[at + 1]];
    if (first === 0x1f && second === 0x8b && bytes[at + 2] === deflateMethod)
      yield* inflated('gzip', bytes.subarray(at + gzipHeaderBytes(bytes.subarray(at))));
    else if (first === 0x78 && zlibLevels.includes(second)) yield* inflated('zlib', bytes.subarray(at + 2));
  }
}

const deflateMethod = 8;
/** The second byte of what zlib writes, by level; the first one is that of its usual window. */
const zlibLevels: readonly number[] = [0x01, 0x5e, 0x9c, 0xda];

/** RFC 1952: ten bytes, then what the flags announce. */
function gzipHeaderBytes(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + bytes.subarray(at, at + 2).reduceRight((sum, byte) => sum * 256 + byte, 0);
  for (const flag of [8, 16]) if ((flags & flag) !== 0) at = bytes.indexOf(0, at) + 1 || bytes.length;
  return (flags & 2) === 0 ? at : at + 2;
}

const inflatedMaxBytes = 32 * 1024 * 1024;

/** Nothing where it is no stream. One that was cut off gives what it still holds; what follows it is left alone. */
function* inflated(kind: string, bytes: Buffer): Generator<Contained> {
  try {
    const { Z_SYNC_FLUSH: finishFlush } = constants;
    const inner = inflateRawSync(bytes, { finishFlush, maxOutputLength: inflatedMaxBytes });
    yield [kind, inner];
  } catch {
    // Most bytes that look like a beginning are none.
  }
}
