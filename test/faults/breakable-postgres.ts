import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findOpenTemporaryFolder } from '../../sandbox/open-folder.ts';
import { startPostgres } from '../../sandbox/postgres.ts';
import { eventually } from '../support/eventually.ts';

/** A Postgres of one test file's own, to be stopped and frozen under the feet of those who use it. */
export interface BreakablePostgres {
  /** As a role; the owner's by default. Stays the same over a restart. */
  url(role?: string): string;
  /** An immediate stop, as after a crash: nothing is written down, clients see their connections break. */
  stop(): Promise<void>;
  /** The same data on the same port. */
  start(): Promise<void>;
  /** It accepts connections and never answers. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startBreakablePostgres(): Promise<BreakablePostgres> {
  const parent = await mkdtemp(join(await findOpenTemporaryFolder(), 'pipe-byom-outage-'));
  await chmod(parent, 0o755); // Postgres may run as another user, who has to pass through.
  const dataFolder = join(parent, 'data');
  let server = await startPostgres({ dataFolder, durable: true });
  const { port, url } = server;
  const thaw = (): void => signalAll(server.pid, 'SIGCONT');
  return {
    url: (role = 'byom_owner') => url(role),
    async stop() {
      process.kill(server.pid, 'SIGQUIT');
      await eventually(() => !isAlive(server.pid));
      await server.close();
    },
    async start() {
      server = await startPostgres({ dataFolder, durable: true, port });
    },
    freeze: () => signalAll(server.pid, 'SIGSTOP'),
    thaw,
    async close() {
      if (isAlive(server.pid)) thaw();
      await server.close();
      await rm(parent, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Each server process has a session of its own, so that its parent's group does not reach it. */
function signalAll(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  for (const one of [pid, ...children.map(Number)]) {
    try {
      process.kill(one, signal);
    } catch {
      // It ended in the meantime.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
