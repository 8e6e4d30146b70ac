// `npm test`: everything a change needs, against real Postgres, real Temporal and the stand-in vendors.
import { spawn } from 'node:child_process';
import { ensureInstalled, root, say, seconds } from './installed.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();
const args = process.argv.slice(2);
if (args.length === 0)
  say('All tests (about 3 minutes on 2 cores; Postgres and Temporal are started for them) …');
const startedMs = Date.now();
const command = [
  `${root}node_modules/jest/bin/jest.js`,
  '--maxWorkers=2',
  '--reporters=default',
  `--reporters=${root}scripts/cases-per-vendor.mjs`,
];
const jest = spawn(process.execPath, [...command, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));
jest.on('exit', (code, signal) => {
  say(`Tests ended after ${seconds(startedMs)}.`);
  process.exitCode = signal === null ? code : 1;
});
