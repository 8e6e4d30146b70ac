import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../../sandbox/package-root.ts';
import type { Said } from './answers.ts';

/**
 * What the types of the vendors' SDKs say against these answers, one line for each: the compiler reads every answer as a
 * literal, so a field that is missing, of another type, of an unknown value or unknown to the SDK is an error.
 */
export function judgeByTypes(said: readonly Said[]): readonly string[] {
  const root = findPackageRoot();
  const folder = folderIn(root);
  try {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration));
    writeFileSync(join(folder, 'answers.ts'), programOf(said));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const complaints = complaintsIn(stdout, said);
    if (status !== 0 && complaints.length === 0) throw new Error('The compiler ended without a word.');
    return [...new Set(complaints)].toSorted();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const configuration = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] };

/** Below the project, so that the compiler finds the SDKs. */
function folderIn(root: string): string {
  mkdirSync(join(root, '.cache'), { recursive: true });
  return mkdtempSync(join(root, '.cache', 'answers-'));
}

function programOf(said: readonly Said[]): string {
  const lines = said.map(
    ({ format, kind, value }, index) =>
      `export const said${index}: SdkTypes['${format}']['${kind}'] = ${JSON.stringify(value)};`,
  );
  return [`import type { SdkTypes } from '../../test/testing/oracles/sdk-types.ts';`, ...lines].join('\n');
}

/** `answers.ts(12,34): error TS2741: …`: the answers begin on the second line. Details follow, indented. */
function complaintsIn(output: string, said: readonly Said[]): readonly string[] {
  return output.split(/\n(?! )/).flatMap((line) => {
    if (line.trim() === '') return [];
    const [, row, text] = /^answers\.ts\((\d+),\d+\): error (TS\d+: [^]*)$/.exec(line) ?? [];
    const about = row === undefined ? undefined : said[Number(row) - 2];
    if (about === undefined) return [line];
    return [`${about.format} ${about.kind} ${about.when}: ${(text ?? '').slice(0, 600)}`];
  });
}
