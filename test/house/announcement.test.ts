import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { quotedTests } from '../support/quoted-tests.ts';

test('every sentence of the announcement has tests, and quotes them by the names that they have', () => {
  const text = readFileSync(join(findPackageRoot(), 'docs', 'announcement.md'), 'utf8');
  const sentences = text.split(/^\*\*/m).slice(1);
  expect(sentences).toHaveLength(8);
  for (const sentence of sentences) {
    const { count, missing } = quotedTests(sentence);
    expect(count).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  }
});
