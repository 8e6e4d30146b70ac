import { Connection } from '@temporalio/client';
import { ask } from '../support/database.ts';

test('Postgres answers to an owner who is no superuser and may create roles and databases', async () => {
  const rows = await ask(
    process.env['BYOM_TEST_OWNER_URL'] ?? '',
    'select rolname, rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user',
  );
  expect(rows).toEqual([{ rolname: 'byom_owner', rolsuper: false, rolcreaterole: true, rolcreatedb: true }]);
});

test('Temporal serves, with our three search attributes', async () => {
  const connection = await Connection.connect({ address: process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '' });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({
    namespace: 'default',
  });
  await connection.close();
  expect(Object.keys(customAttributes)).toEqual(
    expect.arrayContaining(['ByomStatus', 'ByomOrg', 'ByomTags']),
  );
});
