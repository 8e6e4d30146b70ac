// `npm run matrix`: every cell of the crash matrix, and deploys under load. About 6 minutes on 2 cores, at most 15.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, say } from './installed.mjs';

const limitMs = 15 * 60_000;
const cell = /comes to its end, once, and every call is on record$/;

const folder = mkdtempSync(join(tmpdir(), 'pipe-byom-matrix-'));
const report = join(folder, 'report.json');
say('Every crash at every point (about 6 minutes on 2 cores) …');
const args = [`${root}scripts/test.mjs`, 'test/crash', '--json', `--outputFile=${report}`];
const tests = spawn(process.execPath, args, {
  cwd: root,
  stdio: ['inherit', 'ignore', 'inherit'],
  env: { ...process.env, BYOM_MATRIX: 'all' },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => tests.kill(signal));
const timer = setTimeout(() => {
  say(`Not done within ${limitMs / 60_000} minutes.`);
  tests.kill('SIGTERM');
}, limitMs);
tests.on('exit', (code, signal) => {
  clearTimeout(timer);
  if (code === 0 || code === 1) say(summaryOf(report));
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = signal === null ? code : 1;
});

function summaryOf(path) {
  const { testResults } = JSON.parse(readFileSync(path, 'utf8'));
  const cells = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ title }) => cell.test(title));
  const held = cells.filter(({ status }) => status === 'passed');
  return `${cells.length} cells of the crash matrix: ${held.length} as promised, ${cells.length - held.length} not.`;
}
