import fc from 'fast-check';
import { pathsIn, replaced, valueAt } from '../vendors/bad-answers/wrong-types.ts';
import type { Original, Piece } from './original.ts';

/** One thing done to an answer. Numbers are taken modulo what there is. */
export type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly mask: number; readonly own: boolean }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'delete'; readonly at: number; readonly length: number }
  | { readonly kind: 'copy'; readonly at: number; readonly length: number; readonly to: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'splice';
      readonly from: number;
      readonly at: number;
      readonly length: number;
      readonly to: number;
    }
  | { readonly kind: 'drop' | 'repeat'; readonly piece: number }
  | { readonly kind: 'swap'; readonly piece: number; readonly other: number }
  | { readonly kind: 'value'; readonly piece: number; readonly path: number; readonly value: fc.JsonValue }
  | { readonly kind: 'key'; readonly piece: number; readonly path: number; readonly key: string | null };

const place = fc.nat({ max: 100_000 });
const few = fc.integer({ min: 1, max: 200 });
/** One bit, mostly: what is nearly right is read further than noise. */
const mask = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128) },
  fc.integer({ min: 1, max: 255 }),
);

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('flip'), at: place, mask, own: fc.boolean() }) },
  fc.record({ kind: fc.constant('cut'), at: place }),
  fc.record({ kind: fc.constant('delete'), at: place, length: few }),
  fc.record({ kind: fc.constant('copy'), at: place, length: few, to: place }),
  fc.record({
    kind: fc.constant('insert'),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 30 }),
  }),
  fc.record({ kind: fc.constant('splice'), from: place, at: place, length: few, to: place }),
  fc.record({ kind: fc.constantFrom('drop', 'repeat'), piece: place }),
  fc.record({ kind: fc.constant('swap'), piece: place, other: place }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('value'), piece: place, path: place, value: fc.jsonValue() }),
  },
  fc.record({ kind: fc.constant('key'), piece: place, path: place, key: fc.option(fc.string()) }),
) as fc.Arbitrary<Mutation>;

export interface Mutated {
  readonly pieces: readonly Piece[];
  /** Whether something happened to the text's own bytes. */
  readonly touched: boolean;
}

/** `others` are what a splice takes its bytes from. */
export function mutate(before: Mutated, change: Mutation, others: readonly Original[]): Mutated {
  switch (change.kind) {
    case 'flip':
    case 'cut':
    case 'delete':
    case 'copy':
    case 'insert':
    case 'splice':
      return mutateBytes(before, change, others);
    case 'drop':
    case 'repeat':
    case 'swap':
      return mutateOrder(before, change);
    case 'value':
    case 'key':
      return mutateJson(before, change);
  }
}

function mutateBytes(
  { pieces, touched }: Mutated,
  change: Extract<Mutation, { kind: 'flip' | 'cut' | 'delete' | 'copy' | 'insert' | 'splice' }>,
  others: readonly Original[],
): Mutated {
  const whole = joined(pieces);
  const size = whole.bytes.byteLength;
  if (size === 0) return { pieces, touched };
  const within = (at: number): number => at % size;
  switch (change.kind) {
    case 'flip': {
      const at = (change.own ? placeWithin(whole.own, change.at) : null) ?? within(change.at);
      const bytes = Buffer.from(whole.bytes);
      bytes[at] = (bytes[at] ?? 0) ^ change.mask;
      return { pieces: [{ ...whole, bytes }], touched: touched || whole.own[at] === 1 };
    }
    case 'cut':
      // Words that are cut off lose their end with them: that is a failure, whatever it took away.
      return { pieces: [part(whole, 0, within(change.at))], touched };
    case 'delete': {
      const [start, end] = [within(change.at), within(change.at) + change.length];
      const lost = part(whole, start, end);
      return {
        pieces: [joined([part(whole, 0, start), part(whole, end, size)])],
        touched: touched || lost.own.includes(1),
      };
    }
    case 'copy':
      return inserted(
        whole,
        within(change.to),
        part(whole, within(change.at), within(change.at) + change.length),
        touched,
      );
    case 'insert':
      return inserted(
        whole,
        within(change.at),
        { bytes: Buffer.from(change.bytes), own: Buffer.alloc(change.bytes.length) },
        touched,
      );
    case 'splice': {
      const other = joined(others[change.from % others.length]?.pieces ?? []);
      const at = change.at % other.bytes.byteLength;
      return inserted(whole, within(change.to), part(other, at, at + change.length), touched);
    }
  }
}

/** The n-th byte of the text's own; null where there is none left. */
function placeWithin(own: Buffer, n: number): number | null {
  const places = [...own.keys()].filter((at) => own[at] === 1);
  return places[n % places.length] ?? null;
}

function inserted(whole: Piece, at: number, piece: Piece, touched: boolean): Mutated {
  const inside = whole.own[at - 1] === 1 && whole.own[at] === 1;
  return {
    pieces: [joined([part(whole, 0, at), piece, part(whole, at, whole.bytes.byteLength)])],
    touched: touched || inside || piece.own.includes(1),
  };
}

function mutateOrder(
  { pieces, touched }: Mutated,
  change: Extract<Mutation, { kind: 'drop' | 'repeat' | 'swap' }>,
): Mutated {
  const at = change.piece % pieces.length;
  const piece = pieces[at];
  if (piece === undefined) return { pieces, touched };
  const all = [...pieces];
  const isOwn = (one: Piece | undefined): boolean => one?.own.includes(1) === true;
  if (change.kind !== 'swap') {
    all.splice(at, 1, ...(change.kind === 'drop' ? [] : [piece, piece]));
    return { pieces: all, touched: touched || isOwn(piece) };
  }
  const other = change.other % pieces.length;
  [all[at], all[other]] = [pieces[other] ?? piece, piece];
  return { pieces: all, touched: touched || isOwn(piece) || isOwn(pieces[other]) };
}

/** Frames that are not text stay as they are. */
function mutateJson(
  { pieces, touched }: Mutated,
  change: Extract<Mutation, { kind: 'value' | 'key' }>,
): Mutated {
  const at = change.piece % pieces.length;
  const piece = pieces[at];
  const [, head = '', data = '', end = ''] =
    /^([^{]*)(\{.*\})(\s*)$/s.exec(piece?.bytes.toString() ?? '') ?? [];
  const value = parse(data);
  if (piece === undefined || value === null) return { pieces, touched };
  const paths = pathsIn(value);
  const path = paths[change.path % paths.length] ?? [];
  const next =
    change.kind === 'value' ? replaced(value, path, change.value) : renamed(value, path, change.key);
  const bytes = Buffer.from(head + JSON.stringify(next) + end);
  const all = [...pieces];
  all[at] = { bytes, own: Buffer.alloc(bytes.byteLength, 1) };
  // A new value may itself be words, or an end.
  return { pieces: all, touched: true };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Null takes the field out. */
function renamed(value: unknown, path: readonly (string | number)[], key: string | null): unknown {
  const parentPath = path.slice(0, -1);
  const parent = valueAt(value, parentPath);
  if (Array.isArray(parent)) return replaced(value, path, null);
  const entries = Object.entries(parent as object).flatMap(([name, one]): [string, unknown][] =>
    name !== path.at(-1) ? [[name, one]] : key === null ? [] : [[key, one]],
  );
  const next = Object.fromEntries(entries);
  return parentPath.length === 0 ? next : replaced(value, parentPath, next);
}

export function joined(pieces: readonly Piece[]): Piece {
  return {
    bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)),
    own: Buffer.concat(pieces.map(({ own }) => own)),
  };
}

function part({ bytes, own }: Piece, start: number, end: number): Piece {
  return { bytes: bytes.subarray(start, end), own: own.subarray(start, end) };
}
