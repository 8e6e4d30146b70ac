import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';

const root = findPackageRoot();

test('every sentence of the announcement has tests, and quotes them by the names that they have', () => {
  const text = readFileSync(join(root, 'docs', 'announcement.md'), 'utf8');
  const sentences = text.split(/^\*\*/m).slice(1);
  expect(sentences).toHaveLength(8);
  for (const sentence of sentences) {
    const quoted = [...sentence.matchAll(/^- `(test\/[^`]+)`: "([^"]+)"$/gm)];
    expect(quoted.length).toBeGreaterThan(0);
    const missing = quoted.filter(
      ([, path = '', name = '']) => !readFileSync(join(root, path), 'utf8').includes(name),
    );
    expect(missing.map(([line]) => line)).toEqual([]);
  }
});
