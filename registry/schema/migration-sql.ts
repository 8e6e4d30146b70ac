import { allFunctions } from './functions/all-functions.ts';
import { grants } from './grants.ts';
import { allMigrations } from './migrations/all-migrations.ts';
import { roles } from './roles.ts';

/**
 * Roles, tables and functions as one text for whoever applies schema changes by hand. On an empty database it leaves what
 * `migrate` leaves, its account included, so that a later `byom migrate up` goes on from there.
 */
export function migrationSql(): string {
  return [
    '-- pipe-byom: the registry. Run it as the owner-to-be, once, on a database without schema byom.',
    'begin;',
    roles,
    'create schema byom;',
    account,
    ...allMigrations.map(({ up }) => up),
    `insert into byom.byom_migrations (name, batch, migration_time) values ${allMigrations
      .map(({ name }) => `('${name}', 1, now())`)
      .join(', ')};`,
    ...allFunctions,
    grants,
    'commit;',
    '',
  ].join('\n');
}

/** As knex 3 makes them. */
const account = /* sql */ `
create table byom.byom_migrations (
  id serial primary key,
  name varchar(255),
  batch integer,
  migration_time timestamptz
);
create table byom.byom_migrations_lock (
  index serial primary key,
  is_locked integer
);
insert into byom.byom_migrations_lock (is_locked) values (0);
`;
