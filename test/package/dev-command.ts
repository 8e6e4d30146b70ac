import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../support/eventually.ts';
import { usersEnvironment } from './consumer.ts';

/** `npx byom dev --json`, running in somebody's project. */
export interface DevCommand {
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Throws with what it said when it ends without one. */
  firstLine(): Promise<string>;
  /** The ids of everything that it has started. */
  processes(): readonly number[];
  terminate(): void;
  /** Throws when one of them is still there. */
  allGone(pids: readonly number[]): Promise<void>;
}

export function startDev(folder: string, env: Readonly<Record<string, string>>): DevCommand {
  const child = spawn('npx', ['--no-install', 'byom', 'dev', '--json'], {
    cwd: folder,
    env: { ...usersEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  let isOver = false;
  const ended = once(child, 'close').then(([code]) => {
    isOver = true;
    return { code: code as number | null, stdout, stderr };
  });
  return {
    ended,
    async firstLine() {
      await eventually(() => isOver || stdout.includes('\n'), 40_000);
      if (isOver) throw new Error(`byom dev ended:\n${stderr}`);
      return stdout.slice(0, stdout.indexOf('\n'));
    },
    processes: () => (child.pid === undefined ? [] : descendantsOf(child.pid)),
    terminate: () => void child.kill('SIGTERM'),
    allGone: (pids) => eventually(() => pids.every((pid) => !isAlive(pid))),
  };
}

function descendantsOf(ancestor: number): readonly number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const family = new Set([ancestor]);
  // A child may be listed before its parent.
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const line of stdout.trim().split('\n')) {
      const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
      if (family.has(parent)) family.add(pid);
    }
  }
  family.delete(ancestor);
  return [...family];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
