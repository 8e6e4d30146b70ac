import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { findOpenTemporaryFolder, findPlainUser } from '../../sandbox/open-folder.ts';
import { findFreePort, startChild, waitUntil } from '../../sandbox/processes.ts';
import { ask } from '../support/database.ts';

/** PgBouncer in transaction mode, with two connections to Postgres for each role and no special setting for us. */
export interface TransactionBouncer {
  /** The same database and role, through it. */
  through(url: string): string;
  /** Its own account of the pools that it keeps. */
  pools(): Promise<readonly { database: string; user: string; pool_mode: string }[]>;
  close(): Promise<void>;
}

/** Debian puts it where only root's path leads. */
export function findBouncer(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'pgbouncer')).find((path) => existsSync(path)) ?? null;
}

export async function startTransactionBouncer(
  program: string,
  postgresPort: number,
): Promise<TransactionBouncer> {
  const folder = await mkdtemp(join(await findOpenTemporaryFolder(), 'pipe-byom-bouncer-'));
  await chmod(folder, 0o755); // It does not run as root.
  const port = await findFreePort();
  const users = join(folder, 'users.txt');
  await writeFile(users, ['byom_worker', 'byom_api'].map((role) => `"${role}" ""\n`).join(''));
  const configuration = join(folder, 'pgbouncer.ini');
  await writeFile(
    configuration,
    `[databases]
* = host=127.0.0.1 port=${postgresPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
admin_users = byom_worker
pool_mode = transaction
default_pool_size = 2
`,
  );
  const user = findPlainUser();
  const child = startChild(program, [configuration], { cwd: folder, ...(user ? { user } : {}) });
  const adminUrl = `postgres://byom_worker@127.0.0.1:${port}/pgbouncer`;
  await waitUntil(() => ask(adminUrl, 'show version').then(() => true as const), {
    what: 'PgBouncer',
    deadlineMs: 10_000,
    child,
  });
  return {
    through(url) {
      const bounced = new URL(url);
      bounced.port = String(port);
      return bounced.href;
    },
    pools: () => ask(adminUrl, 'show pools'),
    async close() {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
