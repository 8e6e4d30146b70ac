// `npm run fuzz`: 20,000 answers of vendors, each damaged in its own way, and as many strange requests to the API. About 8
// minutes on 2 cores, at most 20. Another `BYOM_SEED` means other ones; a failure names the seed and the smallest case.
import { spawn } from 'node:child_process';
import { ensureInstalled, root, say, seconds } from './installed.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();

const limitMs = 20 * 60_000;
const {
  BYOM_SEED: seed = '1',
  BYOM_FUZZ: answers = '20000',
  BYOM_FUZZ_API: requests = '20000',
} = process.env;
const startedMs = Date.now();
say(
  `${answers} damaged answers and ${requests} strange requests, seed ${seed} (about 8 minutes on 2 cores) …`,
);
const args = [`${root}node_modules/jest/bin/jest.js`, '--runInBand', 'test/fuzz/'];
const tests = spawn(process.execPath, args, {
  cwd: root,
  stdio: ['inherit', 'ignore', 'inherit'],
  env: {
    ...process.env,
    BYOM_FUZZ: answers,
    BYOM_FUZZ_API: requests,
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
  },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => tests.kill(signal));
const timer = setTimeout(() => {
  say(`Not done within ${limitMs / 60_000} minutes.`);
  tests.kill('SIGTERM');
}, limitMs);
tests.on('exit', (code, signal) => {
  clearTimeout(timer);
  say(`Ended after ${seconds(startedMs)}.`);
  process.exitCode = signal === null ? code : 1;
});
