// `npm run test:node24`: the vendors on Node 24, with the SDKs that Node 20 gets and with those that need a newer one.
// The first time it fetches Node 24 and the SDKs into .cache/ (about 30 s); then it takes about 7 minutes on 2 cores, at most 15.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { ensureInstalled, root, run, say, seconds } from './installed.mjs';

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
say('The tests of the vendors on Node 24, twice (about 7 minutes on 2 cores) …');
let running;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => running?.kill(signal));
const timer = setTimeout(() => {
  say(`Not done within ${limitMs / 60_000} minutes.`);
  running?.kill('SIGTERM');
  process.exitCode = 1;
}, limitMs);
for (const line of lines) {
  say(`\n${line.name} …`);
  if ((await testWith(line)) !== 0) process.exitCode = 1;
}
clearTimeout(timer);
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

/** The exit code of the vendors' tests, which need no process but their own. */
function testWith({ sdks, mapped }) {
  const args = [
    `${root}node_modules/jest/bin/jest.js`,
    '--config=jest.pure.config.mjs',
    '--testPathIgnorePatterns=/node_modules/',
    '--maxWorkers=2',
    '--reporters=default',
    `--reporters=${root}scripts/cases-per-vendor.mjs`,
    `--moduleNameMapper=${JSON.stringify(mapped)}`,
    '--testMatch=<rootDir>/test/vendors/**/*.vendors.test.ts',
  ];
  running = spawn(`${folder}/node_modules/${node}/bin/node`, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      BYOM_SDK_FOLDER: sdks,
      NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    },
  });
  return new Promise((resolve) => {
    running.on('exit', (code, signal) => resolve(signal === null ? code : 1));
  });
}
