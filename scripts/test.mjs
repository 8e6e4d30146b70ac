// `npm test`: everything a change needs, against real Postgres, real Temporal and the stand-in vendors.
import { ensureInstalled, root, say, seconds } from './installed.mjs';
import { runJest } from './run-jest.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();
const args = process.argv.slice(2);
if (args.length === 0)
  say('All tests (about 10 minutes on 2 cores; Postgres and Temporal are started for them) …');
const startedMs = Date.now();
const usual = ['--maxWorkers=2', '--reporters=default', `--reporters=${root}scripts/cases-per-vendor.mjs`];
const { code } = await runJest([...usual, ...args]);
say(`Tests ended after ${seconds(startedMs)}.`);
process.exitCode = code;
