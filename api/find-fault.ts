import type { Fault } from './problem.ts';

const levelsMax = 64;

/**
 * The first thing in a body that no route can take, whatever its schema says: more levels than anybody needs, a key that is
 * every object's own, and, unless `anyText`, text that Postgres cannot keep. Null: there is none. Without recursion, or the
 * body that is refused here would break what refuses it.
 */
export function findFault(body: unknown, anyText: boolean): Fault | null {
  const open: { readonly value: unknown; readonly pointer: string; readonly level: number }[] = [
    { value: body, pointer: '', level: 1 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, pointer, level } = next;
    if (typeof value === 'string' && !anyText && !isText(value)) return { pointer, detail: textDetail };
    if (typeof value !== 'object' || value === null) continue;
    if (level > levelsMax) return { pointer: '', detail: `has more than ${levelsMax} levels` };
    for (const [key, part] of Object.entries(value)) {
      if (key === '__proto__') return { pointer, detail: 'has a key that is not known' };
      if (!anyText && !isText(key)) return { pointer, detail: `has a key that ${textDetail}` };
      open.push({ value: part, pointer: `${pointer}/${escaped(key)}`, level: level + 1 });
    }
  }
  return null;
}

export const textDetail = 'holds U+0000 or half of a surrogate pair, which is no text';

/** Text that Postgres can keep: its `text` takes no U+0000, and its `jsonb` no half of a surrogate pair either. */
export function isText(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed();
}

/** One step of a JSON pointer (RFC 6901 section 3). */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
