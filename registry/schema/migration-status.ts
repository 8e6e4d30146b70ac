import type { Knex } from 'knex';
import { Failure } from '../../contract/index.ts';
import { allMigrations } from './migrations/all-migrations.ts';
import { openDatabase } from './open-database.ts';
import { schemaVersion } from './version.ts';

export interface MigrationStatus {
  /** 0 where there is no registry yet. */
  readonly version: number;
  readonly wanted: number;
  readonly pending: readonly string[];
}

/** Which schema is there, and what `byom migrate up` would apply. Any role may ask. */
export async function migrationStatus(url: string): Promise<MigrationStatus> {
  const database = openDatabase(url, { max: 1 });
  try {
    const version = await readVersion(database);
    const pending = allMigrations.slice(version).map(({ name }) => name);
    return { version, wanted: schemaVersion, pending };
  } catch {
    throw new Failure(
      'registry.unavailable',
      'Postgres does not answer, or this role may not read the schema.',
    );
  } finally {
    await database.destroy();
  }
}

/** A deploy rolls over a migration, so the schema before is served too; no other is. Throws `registry.unavailable`. */
export async function checkSchema(database: Knex): Promise<void> {
  const version = await readVersion(database);
  if (version > schemaVersion)
    throw new Failure('registry.unavailable', 'The registry has a newer schema: upgrade pipe-byom.');
  if (version === 0 || version < schemaVersion - 1)
    throw new Failure('registry.unavailable', 'The registry has an older schema: run `byom migrate up`.');
}

async function readVersion(database: Knex): Promise<number> {
  const { rows } = await database.raw<{ rows: { found: string | null }[] }>(
    `select to_regclass('byom.byom_migrations')::text as found`,
  );
  if (rows[0]?.found == null) return 0;
  const names: string[] = await database.withSchema('byom').table('byom_migrations').pluck('name');
  return names.length;
}
