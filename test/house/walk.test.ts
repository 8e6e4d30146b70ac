import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';

/** All commands of a document's `sh` blocks (below a heading), without comments and blank lines. */
function commandsOf(file: string, heading: string | null): readonly string[] {
  const text = readFileSync(join(findPackageRoot(), file), 'utf8');
  const section = heading === null ? text : (text.split(`\n${heading}\n`)[1] ?? '').split(/^## /m)[0];
  return [...(section ?? '').matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('the walk in the README is the one of docs/walk.md, whose commands a test runs', () => {
  const inReadme = commandsOf('README.md', '## The whole of it with `curl`');
  expect(inReadme.length).toBeGreaterThan(30);
  expect(inReadme).toEqual(commandsOf('docs/walk.md', null));
});
