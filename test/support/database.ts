import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from '../../registry/index.ts';

/** A database of this test file's own. */
export interface TestDatabase {
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  /** The cluster's superuser, to look past row-level security and to break things on purpose. */
  readonly superuserUrl: string;
  drop(): Promise<void>;
}

const template = 'byom_test_template';

/** A migrated registry, cloned from a template that the first test file of a run makes. */
export async function freshDatabase(): Promise<TestDatabase> {
  await onOwnersDatabase(async (client) => {
    await client.query(`select pg_advisory_lock(hashtext('${template}'))`);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
    if (rowCount === 0) {
      const unfinished = `${template}_unfinished`;
      await client.query(`drop database if exists ${unfinished}`);
      await client.query(`create database ${unfinished}`);
      await migrate(urlOf('byom_owner', unfinished));
      await client.query(`alter database ${unfinished} rename to ${template}`);
    }
  });
  return create(`template ${template} strategy wal_log`);
}

/** A database with nothing in it. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return create('');
}

/** Asks with a connection of its own; the rows. */
export async function ask<T extends object>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly T[]> {
  const client = connecting(url);
  await client.connect();
  try {
    const { rows } = await client.query<T>(sql, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

/** The code with which Postgres refuses a statement; throws when it does not. */
export async function refusalOf(url: string, sql: string, values: readonly unknown[] = []): Promise<string> {
  try {
    await ask(url, sql, values);
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
  throw new Error(`Postgres took it: ${sql}`);
}

async function create(options: string): Promise<TestDatabase> {
  const name = `byom_test_${randomBytes(6).toString('hex')}`;
  await onOwnersDatabase((client) => client.query(`create database ${name} ${options}`));
  return {
    ownerUrl: urlOf('byom_owner', name),
    apiUrl: urlOf('byom_api', name),
    workerUrl: urlOf('byom_worker', name),
    superuserUrl: urlOf('postgres', name),
    drop: async () => {
      // As the superuser: the owner may not end a session of his that is only just closing.
      await onDatabase(urlOf('postgres', 'postgres'), (client) =>
        client.query(`drop database if exists ${name} with (force)`),
      );
    },
  };
}

function onOwnersDatabase(work: (client: Client) => Promise<unknown>): Promise<void> {
  return onDatabase(ownerUrl(), work);
}

async function onDatabase(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = connecting(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** A connection that breaks is told by the query that it breaks; the event alone would end the process. */
function connecting(url: string): Client {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  return client;
}

function urlOf(role: string, database: string): string {
  const url = new URL(ownerUrl());
  url.username = role;
  url.pathname = `/${database}`;
  return url.href;
}

function ownerUrl(): string {
  const url = process.env['BYOM_TEST_OWNER_URL'];
  if (url === undefined) throw new Error('No Postgres: run this test with jest.config.mjs.');
  return url;
}
