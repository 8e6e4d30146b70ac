import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../support/eventually.ts';
import { familyOf, remainingOf } from '../support/process-family.ts';
import { usersEnvironment } from './consumer.ts';

/** `npx byom dev --json`, running in somebody's project. */
export interface DevCommand {
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Throws with what it said when it ends without one. */
  firstLine(): Promise<string>;
  /** Itself and everything that it has started. */
  family(): ReturnType<typeof familyOf>;
  terminate(): void;
  /** Throws when one of them is still there. */
  allGone(family: ReturnType<typeof familyOf>): Promise<void>;
}

const readyWithinMs = 40_000;

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
      await eventually(() => isOver || stdout.includes('\n'), readyWithinMs);
      if (isOver) throw new Error(`byom dev ended:\n${stderr}`);
      return stdout.slice(0, stdout.indexOf('\n'));
    },
    family: () => familyOf(child.pid ?? -1),
    terminate: () => void child.kill('SIGTERM'),
    allGone: (family) => eventually(() => remainingOf(family).length === 0),
  };
}
