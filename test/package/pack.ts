import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { usersEnvironment } from './consumer.ts';

export interface Packed {
  readonly tarball: string;
  /** Every file in it, by its path in the package. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

/** The package as `npm publish` would send it. It is built first where a source is newer than `dist/`. */
export async function pack(): Promise<Packed> {
  const run = promisify(execFile);
  const options = { env: usersEnvironment(), maxBuffer: 16 * 1024 * 1024 };
  const build = `import('./scripts/built.mjs').then(({ ensureBuilt }) => ensureBuilt())`;
  await run(process.execPath, ['--input-type=module', '-e', build], options);
  const folder = await mkdtemp(join(tmpdir(), 'pipe-byom-packed-'));
  // Without its scripts: what `prepack` would build has just been built.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', args, options);
  const [report] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return {
    tarball: join(folder, report.filename),
    files: report.files.map(({ path }) => path),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
