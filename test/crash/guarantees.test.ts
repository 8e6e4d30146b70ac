import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { quotedTests } from '../support/quoted-tests.ts';
import { crashes } from './cells.ts';

const text = readFileSync(join(findPackageRoot(), 'docs', 'guarantees.md'), 'utf8');

describe('docs/guarantees.md', () => {
  test('names every crash of the matrix, and no other', () => {
    const named = [...text.matchAll(/`(\w+ dies [^`]+)`/g)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(
      crashes.map(({ victim, point }) => `${victim} dies ${point}`).toSorted(),
    );
  });

  test('quotes tests by the names that they have', () => {
    const { count, missing } = quotedTests(text);
    expect(count).toBeGreaterThan(5);
    expect(missing).toEqual([]);
  });
});
