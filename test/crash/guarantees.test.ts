import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { crashes } from './cells.ts';

const root = findPackageRoot();
const text = readFileSync(join(root, 'docs', 'guarantees.md'), 'utf8');

describe('docs/guarantees.md', () => {
  test('names every crash of the matrix, and no other', () => {
    const named = [...text.matchAll(/`(\w+ dies [^`]+)`/g)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(
      crashes.map(({ victim, point }) => `${victim} dies ${point}`).toSorted(),
    );
  });

  test('quotes tests by the names that they have', () => {
    const quoted = [...text.matchAll(/^- `(test\/[^`]+)`: "([^"]+)"$/gm)];
    expect(quoted.length).toBeGreaterThan(5);
    const missing = quoted.filter(
      ([, path, name]) => !readFileSync(join(root, path!), 'utf8').includes(name!),
    );
    expect(missing.map(([line]) => line)).toEqual([]);
  });
});
