// `npm run matrix`: every cell of the crash matrix, and deploys under load. About 5 minutes on 2 cores, at most 15.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, say } from './installed.mjs';
import { runJest } from './run-jest.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();

const limitMs = 15 * 60_000;
const cell = /comes to its end, once, and every call is on record$/;

const folder = mkdtempSync(join(tmpdir(), 'pipe-byom-matrix-'));
const report = join(folder, 'report.json');
say('Every crash at every point (about 5 minutes on 2 cores) …');
// One file after the other: a deploy that shares its cores with a crash would show neither.
const { code, isStopped } = await runJest(['--runInBand', 'test/crash', '--json', `--outputFile=${report}`], {
  stdio: ['inherit', 'ignore', 'inherit'],
  env: { BYOM_MATRIX: 'all' },
  limitMs,
});
if (!isStopped && existsSync(report)) say(summaryOf(report));
rmSync(folder, { recursive: true, force: true });
process.exitCode = code;

/** Text runs and failing calls are not of the matrix, but crash at its points too. */
function summaryOf(path) {
  const { testResults } = JSON.parse(readFileSync(path, 'utf8'));
  const all = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ title }) => cell.test(title));
  const ofMatrix = all.filter(({ title }) => /^(success|fallback|compensation) /.test(title));
  const held = all.filter(({ status }) => status === 'passed');
  return `${ofMatrix.length} cells of the crash matrix and ${all.length - ofMatrix.length} more: ${held.length} as promised, ${all.length - held.length} not.`;
}
