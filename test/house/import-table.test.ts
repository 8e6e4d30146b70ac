import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Table {
  readonly rooms: Readonly<Record<string, { readonly may: readonly string[] }>>;
  forbiddenBetween(room: string): readonly string[];
}

const root = process.cwd();
const table = (await import(join(root, 'scripts/rooms.mjs'))) as Table;

/** Lints one file as if it stood in `room`, and returns how many of its lines were refused. */
function refusedLines(files: Readonly<Record<string, string>>): ReadonlyMap<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-byom-lint-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    for (const config of ['oxlint.config.mjs', 'tsconfig.json'])
      writeFileSync(join(folder, config), readFileSync(join(root, config)));
    // A linter that looks at the repository meanwhile must not meet these files, so they stand outside it.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'scripts'));
    writeFileSync(join(folder, 'scripts/rooms.mjs'), readFileSync(join(root, 'scripts/rooms.mjs')));
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/oxlint/bin/oxlint'), '-c', 'oxlint.config.mjs', '--format=json'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: readonly { readonly code: string; readonly filename: string }[];
    };
    const refused = diagnostics.filter(({ code }) => code.includes('no-restricted-imports'));
    return new Map(
      Object.keys(files).map((path) => [path, refused.filter(({ filename }) => filename === path).length]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('every forbidden import between rooms is refused in each of its forms, every allowed one passes', () => {
  const files: Record<string, string> = {};
  const expected = new Map<string, number>();
  for (const [room, { may }] of Object.entries(table.rooms)) {
    const forms = (other: string) => [
      `import { one } from '../${other}/index.ts';`,
      `import type { Two } from '../${other}/index.ts';`,
      `export { three } from '../${other}/index.ts';`,
      `export const four = import('../${other}/index.ts');`,
    ];
    for (const other of table.forbiddenBetween(room)) {
      files[`${room}/from-${other}.ts`] =
        `${forms(other).join('\n')}\nexport type Five = Two | typeof one;\n`;
      expected.set(`${room}/from-${other}.ts`, 4);
    }
    for (const other of may) {
      files[`${room}/from-${other}.ts`] =
        `${forms(other).join('\n')}\nexport type Five = Two | typeof one;\n`;
      expected.set(`${room}/from-${other}.ts`, 0);
      files[`${room}/past-${other}.ts`] = `export { inner } from '../${other}/inner.ts';\n`;
      expected.set(`${room}/past-${other}.ts`, 1);
    }
  }
  expect(refusedLines(files)).toEqual(expected);
});

test('pure folders take nothing heavy, and the workflow cannot read the failure table', () => {
  const files = {
    'contract/node.ts': "export { readFileSync } from 'node:fs';\n",
    'workflows/run/temporal.ts': "export { condition } from '@temporalio/workflow';\n",
    'workflows/durable/zod.ts': "export { z } from 'zod';\n",
    'workflows/durable/table.ts':
      "import { failures } from '../../contract/index.ts';\nexport const rows = { ...failures };\n",
    'workflows/run/table.ts':
      "import { failures } from '../../contract/index.ts';\nexport const rows = { ...failures };\n",
    'registry/policy/knex.ts': "export { knex } from 'knex';\n",
    'registry/temporal.ts': "export { log } from '@temporalio/activity';\n",
    'vendors/sql.ts': "export { Pool } from 'pg';\n",
    'client/worker.ts': "export { Worker } from '@temporalio/worker';\n",
  };
  expect(refusedLines(files)).toEqual(new Map(Object.keys(files).map((path) => [path, 1])));
});

test('no import hides from the table in a template literal, in createRequire or in typeof import', () => {
  const hidden = /import\(`|require\(['"]\.\.?\/|typeof import\(/;
  for (const one of ['import(`../api/index.ts`)', "require('../api')", "typeof import('../api/index.ts')"])
    expect(one).toMatch(hidden);
  const found = Object.keys(table.rooms)
    .flatMap(sourcesOf)
    .filter((path) => hidden.test(readFileSync(path, 'utf8')));
  expect(found).toEqual([]);
});

test('workflows/ holds no policy: no word of it, and the workflow itself fits on two slides', () => {
  const policy = /\bonFailure\b|\bwhenMissing\b|dataClass\b.*[=!]==|['"](behavior|organization|platform)['"]/;
  for (const one of ["policy.onFailure === 'none'", 'dataClass !== null', "layer === 'platform'"])
    expect(one).toMatch(policy);
  const decided = [join(root, 'workflows/agent-behavior.ts'), ...sourcesOf('workflows/durable')].filter(
    (path) => policy.test(readFileSync(path, 'utf8')),
  );
  expect(decided).toEqual([]);
  const lines = readFileSync(join(root, 'workflows/agent-behavior.ts'), 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(100);
});

test('the words that the house does not use stand nowhere', () => {
  const banned = /organisation|org-default|org_default|allowFallback/i;
  expect('allowFallback?: boolean').toMatch(banned);
  const found = Object.keys(table.rooms)
    .flatMap(sourcesOf)
    .filter((path) => banned.test(readFileSync(path, 'utf8')));
  expect(found).toEqual([]);
});

test('no exported name, column or heading calls a provider a connection, or what a model supports a capability', () => {
  const names = ['contract', 'client', 'registry', 'vendors', 'activities']
    .flatMap(sourcesOf)
    .flatMap((path) => {
      const text = readFileSync(path, 'utf8');
      const exported = [
        ...text.matchAll(/^export (?:async )?(?:const|function|class|interface|type) (\w+)/gm),
      ];
      const columns = [
        ...text.matchAll(/^ {2}(\w+) (?:text|uuid|jsonb|boolean|integer|bigint|bytea|timestamptz)/gm),
      ];
      return [...exported, ...columns].map(([, name = '']) => name);
    });
  const headings = ['README.md', 'ARCHITECTURE.md'].flatMap(
    (path) => readFileSync(join(root, path), 'utf8').match(/^#+ .*$/gm) ?? [],
  );
  expect(names.length).toBeGreaterThan(150);
  expect(names).toContain('startBehavior');
  expect([...names, ...headings].filter((name) => /connection|capabilit/i.test(name))).toEqual([]);
});

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|yaml)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
