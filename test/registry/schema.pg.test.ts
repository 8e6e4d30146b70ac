import { migrate, migrationSql, migrationStatus, schemaVersion } from '../../registry/index.ts';
import { ask, emptyDatabase, freshDatabase, refusalOf } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const opened: TestDatabase[] = [];
async function opening(database: Promise<TestDatabase>): Promise<TestDatabase> {
  opened.push(await database);
  return database;
}
afterAll(async () => {
  await Promise.all(opened.map((one) => one.drop()));
});

/** Everything that a schema consists of, as text; oids and times left out. */
async function catalogOf(url: string): Promise<readonly string[]> {
  const rows = await ask<{ line: string }>(
    url,
    `select 'column ' || concat_ws(' ', table_name, ordinal_position, column_name, data_type, is_nullable,
        column_default, numeric_precision, numeric_scale) as line
        from information_schema.columns where table_schema = 'byom'
      union all select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
        from pg_constraint where connamespace = 'byom'::regnamespace
      union all select 'index ' || indexdef from pg_indexes where schemaname = 'byom'
      union all select 'policy ' || concat_ws(' ', tablename, policyname, roles, cmd, qual, with_check)
        from pg_policies where schemaname = 'byom'
      union all select 'table ' || concat_ws(' ', relname, relkind, relrowsecurity, relforcerowsecurity,
          (select string_agg(a::text, ',' order by a::text) from unnest(relacl) a))
        from pg_class where relnamespace = 'byom'::regnamespace
      union all select 'column grant ' || concat_ws(' ', attrelid::regclass, attname, attacl)
        from pg_attribute where attacl is not null
      union all select 'function ' || concat_ws(' ', proname, prosrc, proconfig, prosecdef, provolatile,
          (select string_agg(a::text, ',' order by a::text) from unnest(proacl) a))
        from pg_proc where pronamespace = 'byom'::regnamespace
      union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
      union all select 'migration ' || id || ' ' || name || ' ' || batch from byom.byom_migrations
      union all select 'lock ' || index || ' ' || is_locked from byom.byom_migrations_lock
      order by line`,
  );
  return rows.map(({ line }) => line);
}

test('four that migrate at once leave one schema, made by one of them', async () => {
  const { ownerUrl } = await opening(emptyDatabase());
  const done = await Promise.all([1, 2, 3, 4].map(() => migrate(ownerUrl)));
  expect(done.map(({ version }) => version)).toEqual([1, 2, 3, 4].map(() => schemaVersion));
  expect(done.flatMap(({ applied }) => applied)).toEqual(['0001-registry', '0002-management']);
  await expect(migrationStatus(ownerUrl)).resolves.toEqual({
    version: schemaVersion,
    wanted: schemaVersion,
    pending: [],
  });
});

test('a database without a registry is at version 0', async () => {
  const { ownerUrl } = await opening(emptyDatabase());
  await expect(migrationStatus(ownerUrl)).resolves.toEqual({
    version: 0,
    wanted: schemaVersion,
    pending: ['0001-registry', '0002-management'],
  });
});

test('the SQL for a DBA leaves exactly what migrating leaves, and migrating goes on from there', async () => {
  const [byHand, migrated] = [await opening(emptyDatabase()), await opening(freshDatabase())];
  await ask(byHand.ownerUrl, migrationSql());
  const expected = await catalogOf(migrated.ownerUrl);
  expect(expected.length).toBeGreaterThan(200);
  expect(await catalogOf(byHand.ownerUrl)).toEqual(expected);
  await expect(migrate(byHand.ownerUrl)).resolves.toEqual({ applied: [], version: schemaVersion });
  expect(await catalogOf(byHand.ownerUrl)).toEqual(expected);
});

test('an owner who may not create roles is told what to do', async () => {
  const { superuserUrl } = await opening(emptyDatabase());
  const role = 'byom_test_plain_owner';
  await ask(superuserUrl, `drop role if exists ${role}`);
  await ask(superuserUrl, `create role ${role} login`);
  const url = new URL(superuserUrl);
  url.username = role;
  await expect(migrate(url.href)).rejects.toMatchObject({
    type: 'registry.unavailable',
    message: expect.stringContaining('`byom migrate sql`') as unknown,
  });
  await ask(superuserUrl, `drop role ${role}`);
});

test('a registry of a newer package is not touched', async () => {
  const { ownerUrl } = await opening(freshDatabase());
  await ask(
    ownerUrl,
    `insert into byom.byom_migrations (name, batch, migration_time) values ('0002-later', 2, now())`,
  );
  await expect(migrate(ownerUrl)).rejects.toMatchObject({
    message: 'The registry has a newer schema: upgrade pipe-byom.',
  });
});

test('every table of a tenant is keyed by organization first, and its rows are isolated by force', async () => {
  const { ownerUrl } = await opening(freshDatabase());
  const rows = await ask<{ table_name: string; first_key: string }>(
    ownerUrl,
    `select c.relname as table_name, a.attname as first_key
       from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
       join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
       where c.relnamespace = 'byom'::regnamespace and c.relname not like 'byom\\_%' and c.relname <> 'key_checks'`,
  );
  expect(rows.length).toBe(19);
  expect(rows.filter(({ first_key }) => first_key !== 'org_id')).toEqual([]);
});

test('a model can be of the organization itself or of the platform, and of nobody else', async () => {
  const { superuserUrl } = await opening(freshDatabase());
  await ask(superuserUrl, `insert into byom.organizations (org_id, name) values ('a', 'A'), ('b', 'B')`);
  const insert = `insert into byom.default_models values ('a', 'b', gen_random_uuid())`;
  expect(await refusalOf(superuserUrl, insert)).toBe('23514');
});
