import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';

/** How the command ended, and all that it said. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that stays up until it is told to end. */
export interface RunningByom {
  readonly pid: number;
  /** What it has said so far. */
  said(): Ran;
  readonly ended: Promise<Ran>;
  kill(signal: NodeJS.Signals): void;
}

/** A secret that no output may hold: put it into URLs, keys and prompts. */
export const canary = 'canary-4f1c9e-do-not-print';

const root = findPackageRoot();

/** Compiles what is newer than `dist/`, for a test file's `beforeAll`. */
export function buildByom(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'byom.mjs'), '--version']);
  if (status !== 0) throw new Error(`The command could not be built.\n${String(stderr)}`);
}

/** Runs the compiled command to its end, with `env` and nothing else of ours in its environment. */
export function runByom(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return startByom(args, env).ended;
}

/** The same for a command that stays up. `program` is another copy of it. */
export function startByom(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  program = join(root, 'dist', 'cli', 'byom.js'),
): RunningByom {
  const child = spawn(process.execPath, [program, ...args], {
    // No home: a configuration of Temporal's own in it would be read.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => (said[name] += chunk));
  return {
    pid: child.pid ?? -1,
    said: () => ({ code: child.exitCode, ...said }),
    ended: endOf(child).then((code) => ({ code, ...said })),
    kill: (signal) => void child.kill(signal),
  };
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** It failed with one line that says `what`, without a stack trace, and printed nothing else and no secret. */
export function expectRefused(ran: Ran, what: string | RegExp): void {
  expect(ran).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^byom: [^\n]+\n$/) });
  expect(ran.stderr).toMatch(what);
  expect(ran.stderr).not.toMatch(/ {4}at |node_modules/);
  expect(ran.stderr).not.toContain(canary);
}

/** A folder of this test's own. */
export interface TestFolder {
  readonly path: string;
  /** Writes a file and answers its path. */
  write(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

export async function openFolder(): Promise<TestFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-byom-cli-'));
  return {
    path: folder,
    async write(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A copy of the built package, installed without one of its packages: its `byom.js`. */
export async function installWithout(missing: string, folder: string): Promise<string> {
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  const installed = join(root, 'node_modules');
  const entries = await readdir(installed);
  const packages = await Promise.all(
    entries.map(async (name) =>
      name.startsWith('@') ? (await readdir(join(installed, name))).map((one) => `${name}/${one}`) : [name],
    ),
  );
  for (const name of packages.flat()) {
    if (name === missing) continue;
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
    await symlink(join(installed, name), join(folder, 'node_modules', name));
  }
  return join(folder, 'dist', 'cli', 'byom.js');
}

/** The rings of `byom keys generate`, as environment variables. */
export async function generateRings(): Promise<NodeJS.ProcessEnv> {
  const { stdout } = await runByom(['keys', 'generate']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
