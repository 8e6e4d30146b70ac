import { z } from '@hono/zod-openapi';
import { isText } from './find-fault.ts';
import { Problem } from './problem.ts';

const pageMax = 200;

/** Query parameters of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(pageMax)
    .default(50)
    .openapi({ description: `At most ${pageMax}.` }),
  cursor: z.string().max(2_048).optional().openapi({ description: 'The `nextCursor` of the page before.' }),
});

/** The key after which a page begins: what `toCursor` made. Throws `bad-request` for anything else. */
export function readCursor(cursor: string | undefined): readonly string[] {
  if (cursor === undefined) return [];
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.every((part) => typeof part === 'string' && isText(part))) return key;
  } catch {
    // Said below, for both ways of being wrong.
  }
  throw new Problem(
    'bad-request',
    'The cursor is none of ours. Take `nextCursor` as it came, or leave it out.',
  );
}

function toCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** A page of what was read with one row more than asked for. */
export function toPage<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly string[],
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? toCursor(keyOf(last)) : null };
}

export function pageOf<Item extends z.ZodType>(item: Item, name: string) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() }).openapi(name);
}
