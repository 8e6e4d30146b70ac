import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';
import { findPackageRoot } from '../../sandbox/package-root.ts';

/** What a file imports when it runs: types are gone by then. */
function importsOf(path: string): readonly string[] {
  const { code } = transformSync(readFileSync(path, 'utf8'), {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript' },
      transform: { verbatimModuleSyntax: true },
    },
    module: { type: 'es6' },
  });
  return [...code.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name ?? '');
}

function reachedFrom(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const name of importsOf(path)) {
    if (name.startsWith('.')) reachedFrom(join(dirname(path), name), seen);
    else seen.add(name);
  }
  return seen;
}

test('the typed client loads nothing but itself: no zod, no pg, no Temporal', () => {
  const api = join(findPackageRoot(), 'api');
  const reached = [...reachedFrom(join(api, 'client.ts'))].map((path) => path.replace(`${api}/`, ''));
  expect(reached.toSorted()).toEqual([
    'client.ts',
    'typed-client/api-error.ts',
    'typed-client/registry-groups.ts',
    'typed-client/requests.ts',
    'typed-client/use-groups.ts',
  ]);
});

test('a package that is imported would be seen', () => {
  const api = join(findPackageRoot(), 'api');
  expect([...reachedFrom(join(api, 'page.ts'))]).toContain('@hono/zod-openapi');
});
