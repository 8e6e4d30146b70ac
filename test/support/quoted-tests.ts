import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';

/** How many tests a document quotes, as `` - `test/…`: "name" ``, and those lines whose file has no test of that name. */
export function quotedTests(text: string): { readonly count: number; readonly missing: readonly string[] } {
  const quoted = [...text.matchAll(/^- `(test\/[^`]+)`: "([^"]+)"$/gm)];
  const missing = quoted.filter(
    ([, path = '', name = '']) => !readFileSync(join(findPackageRoot(), path), 'utf8').includes(name),
  );
  return { count: quoted.length, missing: missing.map(([line]) => line) };
}
