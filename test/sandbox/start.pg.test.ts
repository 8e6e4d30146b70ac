import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../sandbox/postgres.ts';
import { startTemporal } from '../../sandbox/temporal.ts';
import { ask } from '../support/database.ts';

test('data in a folder that was given is there after a restart, written durably', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'pipe-byom-start-'));
  await chmod(parent, 0o755);
  const options = { dataFolder: join(parent, 'data'), durable: true };
  const first = await startPostgres(options);
  await ask(first.ownerUrl, 'create table kept as select 1 as one');
  await first.close();
  const second = await startPostgres(options);
  expect(await ask(second.ownerUrl, 'select one from kept')).toEqual([{ one: 1 }]);
  expect(await ask(second.ownerUrl, 'show fsync')).toEqual([{ fsync: 'on' }]);
  await second.close();
  expect(existsSync(options.dataFolder)).toBe(true);
  await rm(parent, { recursive: true });
});

test('without a folder nothing is left when it is closed', async () => {
  const postgres = await startPostgres();
  const url = postgres.url('postgres', 'postgres');
  const [row] = await ask<{ data_directory: string }>(url, 'show data_directory');
  const folder = row?.data_directory ?? '';
  expect(existsSync(folder)).toBe(true);
  await postgres.close();
  expect(existsSync(folder)).toBe(false);
  expect(() => process.kill(postgres.pid, 0)).toThrow('ESRCH');
});

test('a port that another Postgres has is told, although that one answers', async () => {
  const port = Number(process.env['BYOM_TEST_POSTGRES_PORT']);
  await expect(startPostgres({ port })).rejects.toThrow(/Postgres ended with code 1 before it was ready/);
});

test('where TEMPORAL_ADDRESS is set that server is used and not ended', async () => {
  const address = process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '';
  const temporal = await startTemporal({ env: { TEMPORAL_ADDRESS: address } });
  expect({ ...temporal, close: null }).toEqual({ address, uiUrl: null, pid: null, close: null });
  await temporal.close();
  await expect(startTemporal({ env: { TEMPORAL_ADDRESS: address } })).resolves.toMatchObject({ address });
});
