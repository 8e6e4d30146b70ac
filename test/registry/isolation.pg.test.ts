import { checkIsolation, createRegistry, generateKeys, parseOpenKeys } from '../../registry/index.ts';
import { ask, freshDatabase, refusalOf } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { openWorld, question } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Rows that a role sees of a table when it is in an organization. */
async function seenBy(url: string, org: string, table: string): Promise<readonly string[]> {
  const sql = `with entered as (select set_config('app.org_id', '${org}', true) as org)
    select t.org_id from entered cross join lateral (select * from byom.${table} offset 0) t
    where entered.org is not null`;
  const rows = await ask<{ org_id: string }>(url, sql);
  return [...new Set(rows.map(({ org_id }) => org_id))];
}

test.each(['providers', 'models', 'assignments'])(
  'inside an organization only its own %s are seen',
  async (table) => {
    expect(await seenBy(world.database.apiUrl, 'acme', table)).toEqual(['acme']);
  },
);

test('without an organization there is no row, for the owner neither', async () => {
  for (const url of [world.database.ownerUrl, world.database.apiUrl, world.database.workerUrl])
    expect(await ask(url, 'select from byom.models')).toEqual([]);
});

test('no row can be written for another organization', async () => {
  const sql = `do $$ begin perform set_config('app.org_id', 'acme', true);
    insert into byom.data_classes (org_id, class) values ('globex', 'x'); end $$`;
  expect(await refusalOf(world.database.apiUrl, sql)).toBe('42501');
});

test('a model id of one organization is not found in another', async () => {
  const order = { model: 'strict', by: 'operator' };
  await expect(world.registry.resolve(question({ org: 'globex', order }))).resolves.toMatchObject({
    next: 'fail',
    because: 'policy.no-model',
  });
});

test.each([
  'organizations',
  'providers',
  'credentials',
  'models',
  'default_models',
  'assignments',
  'rules',
  'data_classes',
])('a worker can change nothing of %s', async (table) => {
  const { workerUrl } = world.database;
  expect(await refusalOf(workerUrl, `delete from byom.${table}`)).toBe('42501');
  expect(await refusalOf(workerUrl, `update byom.${table} set org_id = org_id`)).toBe('42501');
  expect(await refusalOf(workerUrl, `insert into byom.${table} (org_id) values ('acme')`)).toBe('42501');
});

test('the ledger has no grant to delete attempts or runs for those who serve', async () => {
  for (const url of [world.database.apiUrl, world.database.workerUrl])
    for (const table of ['attempts', 'runs'])
      expect(await refusalOf(url, `delete from byom.${table}`)).toBe('42501');
});

test('a worker whose ring lacks a key in use is not ready and names it', async () => {
  const openKeys = parseOpenKeys(generateKeys('other').openRing);
  const registry = createRegistry({ workerUrl: world.database.workerUrl, openKeys });
  await expect(registry.ready()).rejects.toMatchObject({
    type: 'model.misconfigured',
    message: expect.stringContaining('does not open key test') as unknown,
  });
  await registry.close();
});

describe('the check at start', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.drop());

  const refuses = async (url: string, message: string) =>
    expect(checkIsolation(url)).rejects.toMatchObject({ type: 'registry.unavailable', message });

  test('accepts the roles made for it', async () => {
    await expect(checkIsolation(database.workerUrl)).resolves.toBeUndefined();
    await expect(checkIsolation(database.apiUrl)).resolves.toBeUndefined();
  });

  test('refuses a superuser', () =>
    refuses(database.superuserUrl, 'Role postgres is a superuser: connect as byom_api or byom_worker.'));

  test('refuses the owner of the tables', () =>
    refuses(
      database.ownerUrl,
      'Role byom_owner owns table assignments: connect as byom_api or byom_worker.',
    ));

  test('refuses a role that bypasses row-level security', async () => {
    await ask(database.superuserUrl, 'drop role if exists byom_test_bypass');
    await ask(database.superuserUrl, 'create role byom_test_bypass login bypassrls');
    const url = new URL(database.workerUrl);
    url.username = 'byom_test_bypass';
    await refuses(
      url.href,
      'Role byom_test_bypass has BYPASSRLS: take it away, or connect as byom_api or byom_worker.',
    );
    await ask(database.superuserUrl, 'drop role byom_test_bypass');
  });

  test('refuses a table whose row-level security is not forced', async () => {
    await ask(database.ownerUrl, 'alter table byom.runs no force row level security');
    await refuses(
      database.workerUrl,
      'Row-level security is not forced on table runs: run `byom migrate sql` and compare.',
    );
  });

  test('refuses a table that is open to everybody', async () => {
    await ask(database.ownerUrl, 'grant select on byom.models to public');
    await refuses(database.workerUrl, 'Table models is open to PUBLIC: revoke it, or run `byom migrate up`.');
  });

  test('refuses a function that everybody may execute', async () => {
    await ask(database.ownerUrl, 'grant execute on function byom.begin(jsonb) to public');
    await refuses(
      database.workerUrl,
      'Function begin may be executed by PUBLIC: revoke it, or run `byom migrate up`.',
    );
  });

  test('refuses a schema that is newer or not there', async () => {
    const openKeys = parseOpenKeys(generateKeys('k').openRing);
    const registry = createRegistry({ workerUrl: database.workerUrl, openKeys });
    const rows = `values ('0002', 2, now()), ('0003', 3, now())`;
    await ask(database.ownerUrl, `insert into byom.byom_migrations (name, batch, migration_time) ${rows}`);
    await expect(registry.ready()).rejects.toThrow('The registry has a newer schema: upgrade pipe-byom.');
    await ask(database.ownerUrl, 'delete from byom.byom_migrations');
    await expect(registry.ready()).rejects.toThrow(
      'The registry has an older schema: run `byom migrate up`.',
    );
    await registry.close();
  });
});
