// `npm run test:node24`: the vendors on Node 24, with the SDKs that Node 20 gets and with those that need a newer one.
// The first time it fetches Node 24 and the SDKs into .cache/ (about 30 s); then it takes about 2 minutes on 2 cores, at most 15 each.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { ensureInstalled, root, run, say, seconds } from './installed.mjs';
import { runJest } from './run-jest.mjs';

ensureInstalled();

const limitMs = 15 * 60_000;
const node = `node-${process.platform}-${process.arch}`;
const packages = { [node]: '24.21.0', openai: '7.57.0', '@google/genai': '3.1.0' };
const folder = `${root}.cache/node24`;

/** Where a package of the newer line begins, as `import` finds it; jest itself would find the older one. */
const newer = {
  '^openai$': `${folder}/node_modules/openai/index.mjs`,
  '^@google/genai$': `${folder}/node_modules/@google/genai/dist/node/index.mjs`,
};
const lines = [
  { name: 'Node 24 with the SDKs of Node 20', sdks: root, mapped: {} },
  { name: 'Node 24 with openai 7 and @google/genai 3', sdks: folder, mapped: newer },
];

const startedMs = Date.now();
ensureFetched();
say('The tests of the vendors on Node 24, twice (about 2 minutes on 2 cores) …');
for (const line of lines) {
  say(`\n${line.name} …`);
  const { code, isStopped } = await testWith(line);
  if (code !== 0) process.exitCode = 1;
  if (isStopped) break;
}
say(`Ended after ${seconds(startedMs)}.`);

/** One folder for these versions; the project's own packages stay as they are. */
function ensureFetched() {
  const wanted = JSON.stringify({ private: true, dependencies: packages });
  const mark = `${folder}/installed.json`;
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  say('Fetching Node 24 and the newer SDKs into .cache/node24 (about 30 s the first time) …');
  const draft = `${folder}-${process.pid}`;
  process.once('exit', () => rmSync(draft, { recursive: true, force: true }));
  mkdirSync(draft, { recursive: true });
  writeFileSync(`${draft}/package.json`, wanted);
  const options = [
    '--ignore-scripts',
    '--engine-strict=false',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  run(['npm', 'install', ...options], { cwd: draft });
  writeFileSync(`${draft}/installed.json`, wanted);
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
}

/** The vendors' tests, which need no process but their own. */
function testWith({ sdks, mapped }) {
  const args = [
    '--config=jest.pure.config.mjs',
    '--testPathIgnorePatterns=/node_modules/',
    '--maxWorkers=2',
    '--reporters=default',
    `--reporters=${root}scripts/cases-per-vendor.mjs`,
    `--moduleNameMapper=${JSON.stringify(mapped)}`,
    '--testMatch=<rootDir>/test/vendors/**/*.vendors.test.ts',
  ];
  return runJest(args, {
    node: `${folder}/node_modules/${node}/bin/node`,
    env: { BYOM_SDK_FOLDER: sdks },
    stdio: ['ignore', 'inherit', 'inherit'],
    limitMs: limitMs - (Date.now() - startedMs),
  });
}
