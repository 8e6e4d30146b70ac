import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { eventually } from '../support/eventually.ts';

/** What a worker process is to be. */
export interface WorkerSettings {
  /** `runs`: ours, with a stop at each step · `deployed`: ours as a host runs it · `engine`: the sandbox's engine. */
  readonly role: 'runs' | 'deployed' | 'engine';
  readonly address: string;
  readonly taskQueue: string;
  readonly ownerUrl: string;
  readonly workerUrl: string;
  readonly openRing: string;
  readonly runRing: string;
  readonly codePath: string;
  /** How long what is under way may go on after SIGTERM; absent, as the SDK or the plugin says. */
  readonly graceMs?: number;
  /** How many activities it takes on at once; absent, as many as the SDK says. */
  readonly slots?: number;
}

/** A worker process stands at a point, in the call of a model or at an action. */
export interface Reached {
  readonly point: string;
  readonly workflowId: string;
  readonly at: string;
}

export interface WorkerProcess {
  /** Begins to poll. Until then it stands by, with everything loaded. */
  serve(): Promise<void>;
  /** Resolves when the process is gone, with its exit code; null where the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Stops the whole process where it stands, with SIGSTOP. What it holds it goes on holding, its connections too. */
  freeze(): Promise<Frozen>;
}

interface Frozen {
  /** Wakes it up, with SIGCONT. */
  thaw(): void;
}

type Said =
  | ({ readonly kind: 'reached'; readonly number: number } & Reached)
  | { readonly kind: 'standing by' | 'serving' }
  | { readonly kind: 'failed'; readonly message: string };

/** Starts a worker process that stands by. It stops at every point for as long as `onReached` takes. */
export async function startWorkerProcess(
  settings: WorkerSettings,
  onReached: (reached: Reached) => Promise<void>,
): Promise<WorkerProcess> {
  const program = join(findPackageRoot(), 'test', 'crash', 'worker-process.mjs');
  const child = fork(program, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2_000);
  });
  const exited = once(child, 'exit');
  const heard = new Map<Said['kind'], () => void>();
  const broken = new Promise<never>((_, reject) => {
    child.on('message', (said: Said) => {
      if (said.kind === 'failed') reject(new Error(`A worker process failed.\n${said.message}`));
      else if (said.kind === 'reached')
        void onReached(said).then(
          () => child.connected && child.send({ kind: 'go on', number: said.number }),
        );
      else heard.get(said.kind)?.();
    });
    child.once('exit', (code) =>
      reject(new Error(`A worker process ended with code ${code}.\n${lastWords}`)),
    );
  });
  broken.catch(() => {});
  const hear = (kind: Said['kind']) => new Promise<void>((resolve) => heard.set(kind, resolve));

  const standing = hear('standing by');
  child.send({ kind: 'prepare', settings });
  await Promise.race([standing, broken]);
  return {
    async serve() {
      const serving = hear('serving');
      child.send({ kind: 'serve' });
      await Promise.race([serving, broken]);
    },
    async end(signal) {
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
    freeze: () => freeze(child.pid ?? Number.NaN),
  };
}

/**
 * A stopped process does not see that we are gone. So the one that wakes it up is a shell that waits for our end of a pipe
 * to close, which we do, or the kernel when we die.
 */
async function freeze(pid: number): Promise<Frozen> {
  const waker = spawn('sh', ['-c', 'cat >/dev/null; kill -s CONT "$1"', 'waker', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  process.kill(pid, 'SIGSTOP');
  await eventually(() => /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  return { thaw: () => waker.stdin.end() };
}
