import type { Knex } from 'knex';
import { Failure } from '../../contract/index.ts';
import { allFunctions } from './functions/all-functions.ts';
import { grants } from './grants.ts';
import { allMigrations } from './migrations/all-migrations.ts';
import type { SchemaMigration } from './migrations/all-migrations.ts';
import { openDatabase } from './open-database.ts';
import { roles } from './roles.ts';

/** Where knex keeps its account of what was applied. */
const migrationTable = { schemaName: 'byom', tableName: 'byom_migrations' } as const;

export interface Migrated {
  readonly applied: readonly string[];
  readonly version: number;
}

/**
 * Brings the registry to this package's schema, as its owner; run by many processes at once, the first does the work.
 * Needs a direct connection, since the lock belongs to a session. Throws `registry.unavailable`, with the remedy.
 */
export async function migrate(ownerUrl: string): Promise<Migrated> {
  const database = openDatabase(ownerUrl, { max: 3 });
  try {
    return await underLock(database, async () => {
      await database.raw(roles);
      await refuseNewer(database);
      await database.raw('create schema if not exists byom');
      const [, applied] = (await database.migrate.latest({ ...migrationTable, migrationSource })) as [
        number,
        string[],
      ];
      await database.transaction(async (transaction) => {
        for (const text of [...allFunctions, grants]) await transaction.raw(text);
      });
      return { applied, version: allMigrations.length };
    });
  } catch (error) {
    throw toMigrationFailure(error);
  } finally {
    await database.destroy();
  }
}

const migrationSource: Knex.MigrationSource<SchemaMigration> = {
  getMigrations: () => Promise.resolve([...allMigrations]),
  getMigrationName: ({ name }) => name,
  getMigration: ({ up }) =>
    Promise.resolve({
      up: async (database) => {
        await database.raw(up);
      },
      down: () => Promise.reject(new Failure('registry.unavailable', 'Migrations only go forward.')),
    }),
};

/** knex's own lock is a row in a table that two processes may create at once; this one exists before anything does. */
async function underLock<T>(database: Knex, work: () => Promise<T>): Promise<T> {
  const client = database.client as {
    acquireConnection(): Promise<unknown>;
    releaseConnection(connection: unknown): Promise<void>;
  };
  const connection = await client.acquireConnection();
  const key = `hashtext('byom'), hashtext('migrate')`;
  try {
    await database.raw(`select pg_advisory_lock(${key})`).connection(connection);
    try {
      return await work();
    } finally {
      await database.raw(`select pg_advisory_unlock(${key})`).connection(connection);
    }
  } finally {
    await client.releaseConnection(connection);
  }
}

async function refuseNewer(database: Knex): Promise<void> {
  const { rows } = await database.raw<{ rows: { found: string | null }[] }>(
    `select to_regclass('byom.byom_migrations')::text as found`,
  );
  if (rows[0]?.found == null) return;
  const names: string[] = await database.withSchema('byom').table('byom_migrations').pluck('name');
  if (names.length > allMigrations.length)
    throw new Failure('registry.unavailable', 'The registry has a newer schema: upgrade pipe-byom.');
}

function toMigrationFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (code === '42501')
    return new Failure(
      'registry.unavailable',
      'The owner may not create roles or objects here: give it CREATEROLE and CREATE on the database, or let a DBA run `byom migrate sql`.',
    );
  const known = typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? ` (${code})` : '';
  return new Failure('registry.unavailable', `The registry could not be migrated${known}.`);
}
