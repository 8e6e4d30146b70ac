import { Client, Connection } from '@temporalio/client';
import { keepSweeping } from '../../worker/keep-sweeping.ts';
import { createSweep } from '../../worker/sweep.ts';
import { openWorld } from '../registry/world.ts';
import { eventually } from '../support/eventually.ts';
import { insertOldKey, leftOf } from '../support/old-rows.ts';

test('what is stale goes though Temporal does not answer', async () => {
  const world = await openWorld();
  const { registry, database } = world;
  // Without the client's own retries, which would go on after the test.
  const connection = Connection.lazy({ address: '127.0.0.1:1', interceptors: [] });
  await insertOldKey(database.superuserUrl, 'acme', 'stale', 25);
  await insertOldKey(database.superuserUrl, 'acme', 'young', 1);
  const sweep = createSweep({ client: new Client({ connection }), taskQueue: 'q', runKeys: null, registry });
  const stop = keepSweeping(sweep, 60_000, () => {});
  try {
    await eventually(async () => (await leftOf(database.superuserUrl))['keys']?.length === 1);
  } finally {
    await stop();
    await connection.close();
    await world.close();
  }
});
