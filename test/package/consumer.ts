import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Somebody's project in a folder of its own, with nothing of this clone in it but the packed package. */
export interface Consumer {
  readonly folder: string;
  install(...packages: readonly string[]): Promise<void>;
  /** Has what was installed in another project, as npm would resolve and unpack it once more. */
  adopt(other: Consumer): Promise<void>;
  /** Runs a program in the project as its user would; throws with what it wrote when it fails. */
  run(command: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  remove(): Promise<void>;
}

const root = process.cwd();
const commandMaxMs = 120_000;

export async function createConsumer(type: 'module' | 'commonjs'): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), `pipe-byom-${type}-`));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'a-project', private: true, version: '1.0.0', type }),
  );
  const run: Consumer['run'] = async (command, args, env = {}) =>
    (await execute(command, args, { cwd: folder, env: { ...usersEnvironment(), ...env } })).stdout;
  return {
    folder,
    run,
    async install(...packages) {
      await run('npm', ['install', ...npmFlags, ...packages]);
    },
    async adopt(other) {
      const description = JSON.parse(await readFile(join(other.folder, 'package.json'), 'utf8')) as object;
      await writeFile(join(folder, 'package.json'), JSON.stringify({ ...description, type }));
      await run('cp', [
        '-RP',
        ...['node_modules', 'package-lock.json'].map((name) => join(other.folder, name)),
        '.',
      ]);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const npmFlags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** The example of the documentation, as files of the project. In CommonJS one line of it is another. */
export async function copyExample({ folder }: Consumer, type: 'module' | 'commonjs'): Promise<void> {
  const example = join(root, 'docs/examples/typescript-worker');
  for (const name of ['workflows.ts', 'worker.ts', 'serve.ts', 'try-it.ts', 'registry.yaml', 'tsconfig.json'])
    await cp(join(example, name), join(folder, name));
  if (type === 'module') return;
  const path = join(folder, 'worker.ts');
  const source = await readFile(path, 'utf8');
  const esm = `fileURLToPath(new URL('workflows.js', import.meta.url))`;
  if (!source.includes(esm)) throw new Error('The example finds its workflows in another way now.');
  await writeFile(path, source.replace(esm, `require.resolve('./workflows.js')`));
}

/** What npm and jest put into the environment of a test is not there for a user, except how to reach packages. */
export function usersEnvironment(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(cache|cafile|registry|userconfig|globalconfig|proxy|https_proxy|noproxy)$/i;
  const dropped = /^(npm_|BYOM_|TEMPORAL_|NODE_OPTIONS$|NODE_ENV$|JEST_WORKER_ID$|INIT_CWD$)/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => kept.test(name) || !dropped.test(name)),
  );
}

/** A program of this clone, such as the compiler or a check of packages. */
export async function runTool(
  script: string,
  args: readonly string[],
  cwd = root,
): Promise<{ readonly stdout: string }> {
  return execute(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd,
    env: usersEnvironment(),
  });
}

async function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly stdout: string }> {
  try {
    return await promisify(execFile)(command, args, {
      ...options,
      timeout: commandMaxMs,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: unknown };
    throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}:\n${stdout}\n${stderr}`.trim());
  }
}
