import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of ours that cannot outlive us, however we end. */
export interface Child {
  readonly pid: number;
  /** The last lines it wrote, for the message when it does not come up. */
  output(): string;
  /** Resolves with a sentence about how it ended, and never rejects. */
  readonly exited: Promise<string>;
  isRunning(): boolean;
  /** Asks it to end, and ends it after `graceMs`. Resolves when it is gone; twice is once. */
  stop(graceMs?: number): Promise<void>;
}

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Run as somebody else; needs root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** How it is asked to end. Postgres waits for its clients on SIGTERM and does not on SIGINT. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  /** A temporary folder that the guard removes where we no longer can. */
  readonly removeAfter?: string;
}

const outputMaxCharacters = 8_000;
const graceDefaultMs = 5_000;

/**
 * Starts a process in a group of its own, so that Ctrl-C reaches it only through us, with a guard beside it that ends it
 * when we are gone: also after SIGKILL, which no handler sees.
 */
export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const { env = process.env, cwd = process.cwd(), user, stopSignal = 'SIGTERM' } = options;
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  const child = spawn(command, args, { env, cwd, ...user, detached: true, stdio: [...stdio] });
  const guard = child.pid === undefined ? null : startGuard(child.pid, options);
  const output = tailOf(child);
  let running = child.pid !== undefined;
  const exited = new Promise<string>((resolve) => {
    const end = (how: string) => {
      running = false;
      if (guard) killGroup(guard, 'SIGKILL');
      resolve(how);
    };
    child.once('error', (error: NodeJS.ErrnoException) => end(`did not start (${error.code ?? 'unknown'})`));
    child.once('close', (code, signal) => end(signal ? `ended by ${signal}` : `ended with code ${code}`));
  });
  let stopping: Promise<void> | null = null;
  async function stop(graceMs = graceDefaultMs): Promise<void> {
    if (!running) return;
    child.kill(stopSignal);
    const timer = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
    await exited;
    clearTimeout(timer);
  }
  return {
    pid: child.pid ?? -1,
    output,
    exited,
    isRunning: () => running,
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}

/**
 * Reads nothing until our end of the pipe closes, which the kernel does when we die, then ends `pid` and what it started.
 * Debian's `sh` takes a group only after `-s KILL --`.
 */
function startGuard(pid: number, { stopSignal = 'SIGTERM', removeAfter = '' }: ChildOptions): ChildProcess {
  const script = `
    cat >/dev/null
    kill -s ${stopSignal.slice(3)} ${pid} 2>/dev/null
    tries=0
    while kill -0 ${pid} 2>/dev/null && [ "$tries" -lt 50 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    kill -s KILL -- -${pid} 2>/dev/null
    [ -z "$1" ] || rm -rf -- "$1"`;
  const args = ['-c', script, 'guard', removeAfter];
  const guard = spawn('sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.once('error', () => {});
  guard.stdin?.once('error', () => {});
  return guard;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

function tailOf(child: ChildProcess): () => string {
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      tail = (tail + chunk).slice(-outputMaxCharacters);
    });
  }
  return () => tail.trim();
}

/** Runs a command to its end. `ok` is false when it failed or could not be started; `output` holds both streams. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<{ readonly ok: boolean; readonly how: string; readonly output: string }> {
  const child = startChild(command, args, options);
  const how = await child.exited;
  return { ok: how === 'ended with code 0', how, output: child.output() };
}

/**
 * Asks the real thing until it answers something other than undefined; a thrown error counts as "not yet". Rejects at
 * once when `child` ends, and after `deadlineMs`.
 */
export async function waitUntil<T>(
  probe: () => Promise<T | undefined>,
  options: {
    readonly what: string;
    readonly deadlineMs: number;
    readonly everyMs?: number;
    readonly child?: Child;
  },
): Promise<T> {
  const { what, deadlineMs, everyMs = 25, child } = options;
  const endsAt = Date.now() + deadlineMs;
  for (;;) {
    const answer = await probe().catch(() => undefined);
    // Asked before the answer is believed: on the same port somebody else's may have given it.
    if (child && !child.isRunning()) {
      throw new Error(`${what} ${await child.exited} before it was ready.\n${child.output()}`.trim());
    }
    if (answer !== undefined) return answer;
    if (Date.now() >= endsAt) {
      throw new Error(`${what} was not ready within ${deadlineMs} ms.\n${child?.output() ?? ''}`.trim());
    }
    await sleep(everyMs);
  }
}

/** A port that was free on the loopback a moment ago. Somebody may still be faster: whoever uses it must try again. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}
