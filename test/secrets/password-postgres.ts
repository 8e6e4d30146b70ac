import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { createClosers } from '../../sandbox/closers.ts';
import { findOpenTemporaryFolder, findPlainUser } from '../../sandbox/open-folder.ts';
import { findPostgresBinaries } from '../../sandbox/postgres-binaries.ts';
import { findFreePort, runCommand, startChild, waitUntil } from '../../sandbox/processes.ts';
import type { Role } from './planted.ts';

/** A Postgres that asks everybody for a password, and logs every statement with its values. */
export interface PasswordPostgres {
  /** With the role's password, or with another one. */
  url(role: Role, password?: string): string;
  /** To the role's own, or to another one. */
  setPassword(role: Role, password?: string): Promise<void>;
  /** All that it has on disk; its log is in `log`. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Programs of one version: a `pg_dump` takes no server that is newer than itself. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** Null: the package that the sandbox uses brings none. */
  readonly pgDump: string | null;
}

const debianFolder = '/usr/lib/postgresql';
const oldestVersion = 15;

/** Debian's newest that has all three, else those of the sandbox. */
export async function findPrograms(): Promise<PostgresPrograms> {
  const versions = existsSync(debianFolder) ? await readdir(debianFolder) : [];
  const complete = versions
    .map(Number)
    .filter((version) => version >= oldestVersion)
    .toSorted((a, b) => b - a)
    .map((version) => (name: string) => join(debianFolder, String(version), 'bin', name))
    .find((path) => ['initdb', 'postgres', 'pg_dump'].every((name) => existsSync(path(name))));
  if (complete === undefined) return { ...(await findPostgresBinaries()), pgDump: null };
  return { initdb: complete('initdb'), postgres: complete('postgres'), pgDump: complete('pg_dump') };
}

const database = 'byom';

export async function startPasswordPostgres(
  programs: PostgresPrograms,
  passwords: Readonly<Record<Role, string>>,
): Promise<PasswordPostgres> {
  const { onClose, closeAll } = createClosers();
  try {
    const folder = await mkdtemp(join(await findOpenTemporaryFolder(), 'pipe-byom-secrets-'));
    onClose(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const server = await startServer(programs, folder, passwords.postgres);
    onClose(() => server.stop());
    const url = (role: Role, password = passwords[role]) => urlOf(server.port, role, password);
    const setPassword = (role: Role, password = passwords[role]) => giveRole(url('postgres'), role, password);
    await withClient(urlOf(server.port, 'postgres', passwords.postgres, 'postgres'), async (client) => {
      await client.query('create role byom_owner login createrole');
      await client.query(`create database ${database} owner byom_owner`);
    });
    await setPassword('byom_owner');
    return { url, setPassword, folder: server.folder, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function startServer({ initdb, postgres }: PostgresPrograms, parent: string, password: string) {
  const user = findPlainUser();
  const own = async (path: string, mode: number) => {
    await chmod(path, mode);
    if (user) await chown(path, user.uid, user.gid);
  };
  await chmod(parent, 0o755); // Postgres does not run as root.
  const folder = join(parent, 'data');
  const passwordFile = join(parent, 'password');
  await mkdir(folder);
  await own(folder, 0o700);
  await writeFile(passwordFile, `${password}\n`);
  await own(passwordFile, 0o600);
  const asUser = { cwd: folder, removeAfter: parent, ...(user ? { user } : {}) };
  const common = ['-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const made = await runCommand(initdb, ['-D', folder, `--pwfile=${passwordFile}`, ...common], asUser);
  if (!made.ok) throw new Error(`initdb ${made.how}.\n${made.output}`);
  await rm(passwordFile);
  const port = await findFreePort();
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = startChild(postgres, ['-D', folder, '-p', String(port), ...args], {
    ...asUser,
    stopSignal: 'SIGINT',
  });
  await waitUntil(
    () => withClient(urlOf(port, 'postgres', password, 'postgres'), async () => true as const),
    { what: 'Postgres', deadlineMs: 30_000, child },
  );
  return { port, folder, stop: () => child.stop() };
}

/** As talkative as it gets: each statement, and the values that came with it. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  log_statement: 'all',
  log_connections: 'on',
  log_min_messages: 'debug1',
  log_parameter_max_length: -1,
  log_parameter_max_length_on_error: -1,
  logging_collector: 'on',
  log_directory: 'log',
} as const;

/** A DBA who does not want it in the log: a statement is logged by the setting of the moment before it. */
async function giveRole(superuserUrl: string, role: Role, password: string): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    await client.query(`set log_statement = 'none'`);
    await client.query(`alter role ${role} password ${client.escapeLiteral(password)}`);
  });
}

function urlOf(port: number, role: Role, password: string, name: string = database): string {
  const url = new URL(`postgres://127.0.0.1:${port}/${name}`);
  url.username = role;
  // What a URL keeps of itself in a password, `'` and `%` for two, would not come out again.
  url.password = encodeURIComponent(password);
  return url.href;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
