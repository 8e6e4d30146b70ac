import { ask, refusalOf } from '../support/database.ts';
import { insertOldAnswer, insertOldKey, insertOldRun, insertOldTest, leftOf } from '../support/old-rows.ts';
import { openWorld, registryText } from './world.ts';
import type { World } from './world.ts';

let world: World;
let url: string;
beforeEach(async () => {
  world = await openWorld();
  url = world.database.superuserUrl;
});
afterEach(() => world.close());

async function sweepAll(): Promise<void> {
  while (await world.registry.sweepStale());
}

test('a worker deletes what is stale of every organization, and neither what is younger nor the ledger', async () => {
  for (const org of ['acme', 'globex'])
    for (const [age, hours] of Object.entries({ old: 25, young: 23 })) {
      await insertOldRun(url, { org, id: `${org}-${age}`, days: 1_000 });
      await insertOldAnswer(url, org, `${org}-${age}`, hours);
      await insertOldKey(url, org, `${org}-${age}`, hours);
    }
  await insertOldTest(url, 'acme', 'month-old', 24 * 30 + 1);
  await insertOldTest(url, 'acme', 'week-old', 24 * 7);
  await insertOldTest(url, 'globex', 'new', 0);
  await sweepAll();
  const all = ['acme-old', 'acme-young', 'globex-old', 'globex-young'];
  const young = ['acme-young', 'globex-young'];
  expect(await leftOf(url)).toEqual({
    attempts: all,
    runs: all,
    answers: young,
    keys: young,
    tests: ['new waiting sealed', 'week-old failed'],
  });
});

test('more than a batch goes in several', async () => {
  await ask(
    url,
    `insert into byom.idempotency_keys (org_id, principal, key, fingerprint, status, created_at)
       select 'acme', 'test', n::text, '\\x01', 201, now() - interval '2 days' from generate_series(1, 150) n`,
  );
  expect(await world.registry.sweepStale()).toBe(true);
  expect((await leftOf(url))['keys']).toHaveLength(50);
  expect(await world.registry.sweepStale()).toBe(false);
  expect((await leftOf(url))['keys']).toEqual([]);
});

test('the right to sweep is no right to look or to delete across organizations', async () => {
  const { apiUrl, workerUrl } = world.database;
  expect(await refusalOf(apiUrl, `select byom.sweep_stale('{"most": 1}')`)).toBe('42501');
  expect(await refusalOf(workerUrl, 'delete from byom.idempotency_keys')).toBe('42501');
  await insertOldRun(url, { org: 'acme', id: 'a', days: 1 });
  await insertOldAnswer(url, 'acme', 'a', 25);
  await ask(workerUrl, 'delete from byom.attempt_answers');
  expect((await leftOf(url))['answers']).toEqual(['a']);
});

const rotated = registryText.replaceAll('${env:KEY}', 'new-${env:KEY}');

async function generationsOfAcme(): Promise<readonly string[]> {
  const rows = await ask<{ line: string }>(
    url,
    `select generation || ' ' || state || case when num_nulls(ciphertext, wrapped_key) = 2 then ' wiped' else '' end as line
       from byom.credentials where org_id = 'acme' order by generation`,
  );
  return rows.map(({ line }) => line);
}

test.each([
  ['14 minutes', ['1 retiring', '2 active']],
  ['16 minutes', ['1 revoked wiped', '2 active']],
])('%s after a rotation, a write that changes nothing leaves %j', async (age, expected) => {
  await world.apply(rotated);
  await ask(
    url,
    `update byom.credentials set created_at = now() - $1::interval where org_id = 'acme' and generation = 2`,
    [age],
  );
  await world.apply(rotated);
  expect(await generationsOfAcme()).toEqual(expected);
});

test('how long the credential before was good for does not count, only since when it is replaced', async () => {
  await world.apply(rotated);
  await ask(url, `update byom.credentials set created_at = now() - interval '1 year' where generation = 1`);
  await world.apply(rotated);
  expect(await generationsOfAcme()).toEqual(['1 retiring', '2 active']);
});
