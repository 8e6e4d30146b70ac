import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { startProviderTest } from '../../client/index.ts';
import { providerTestIdOf } from '../../contract/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { registryOf, serve, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { keepHistory } from './keep-history.ts';

/** Replayed by `recorded-histories` with all others; written here where it is missing, with `BYOM_RECORD=1`. */
const path = 'test/replay/provider-test.json';
const workflowBundle = { codePath: process.env['BYOM_TEST_BUNDLE'] ?? '' };

let served: Served;
beforeAll(async () => {
  served = await serve();
  await served.apply(registryOf({ acme: usualOrganization }));
});
afterAll(() => served?.close());
afterEach(() => served.vendors.reset());

async function insertTest(): Promise<string> {
  const test = randomUUID();
  await ask(
    served.urls.superuser,
    `insert into byom.provider_tests (org_id, id, provider, vendor, settings, audience, upstream_id, requested_by)
     select org_id, $1, slug, vendor, settings, audience, 'own', 'test' from byom.providers where slug = 'p-own'`,
    [test],
  );
  return test;
}

async function statusOf(test: string): Promise<string | undefined> {
  const [row] = await ask<{ status: string }>(
    served.urls.superuser,
    'select status from byom.provider_tests where id = $1',
    [test],
  );
  return row?.status;
}

test('a test that is asked for while another is under way comes after it, in one workflow that replays', async () => {
  const { client, taskQueue } = served;
  const subject = ['provider', 'p-own'];
  const start = (test: string) => startProviderTest(client, { org: 'acme', test, subject }, taskQueue);
  served.vendors.fault('acme-own', { kind: 'slow-first-token', ms: 500, times: 1 });
  const [one, two] = [await insertTest(), await insertTest()];
  await start(one);
  await eventually(() => served.vendors.callsTo('acme-own').length > 0);
  await start(one);
  await start(two);
  const workflowId = providerTestIdOf('acme', ...subject);
  await client.workflow.getHandle(workflowId).result();
  expect([await statusOf(one), await statusOf(two)]).toEqual(['passed', 'passed']);
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  const scheduled = (history.events ?? []).filter((event) => event.activityTaskScheduledEventAttributes);
  expect(scheduled).toHaveLength(2);
  await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
  if (process.env['BYOM_RECORD'] === '1' && !existsSync(path)) keepHistory(path, history);
});

test('who can start workflows and nothing else has no provider called: without a row there is no test', async () => {
  const test = randomUUID();
  await startProviderTest(served.client, { org: 'acme', test, subject: ['draft', test] }, served.taskQueue);
  await served.client.workflow.getHandle(providerTestIdOf('acme', 'draft', test)).result();
  const other = await insertTest();
  await startProviderTest(served.client, { org: 'platform', test: other, subject: ['x'] }, served.taskQueue);
  await served.client.workflow.getHandle(providerTestIdOf('platform', 'x')).result();
  expect(await statusOf(other)).toBe('waiting');
  expect(served.vendors.log).toEqual([]);
});

test('a test of an hour ago is given up, and the secret that came with it is wiped', async () => {
  const [old, fresh] = [await insertTest(), await insertTest()];
  await ask(
    served.urls.superuser,
    `update byom.provider_tests set created_at = now() - interval '61 minutes', ciphertext = '\\x01', wrapped_key = '\\x01',
       key_id = 'k' where id = $1`,
    [old],
  );
  await startProviderTest(served.client, { org: 'acme', test: fresh, subject: ['y'] }, served.taskQueue);
  await served.client.workflow.getHandle(providerTestIdOf('acme', 'y')).result();
  const [row] = await ask<object>(
    served.urls.superuser,
    'select status, ciphertext, wrapped_key, key_id from byom.provider_tests where id = $1',
    [old],
  );
  expect(row).toEqual({ status: 'failed', ciphertext: null, wrapped_key: null, key_id: null });
});

test('a stored credential is not opened for an address that a row only claims to be its own', async () => {
  const test = await insertTest();
  await served.apply(`version: 1
organizations:
  acme: { providers: { p-own: { vendor: custom, settings: { baseUrl: '\${env:VENDORS}/acme-own/v1' }, credential: { apiKey: '\${env:KEY}' } } } }
`);
  await ask(
    served.urls.superuser,
    `update byom.provider_tests set settings = jsonb_build_object('baseUrl', $2::text) where id = $1`,
    [test, served.vendors.url('attacker')],
  );
  await startProviderTest(served.client, { org: 'acme', test, subject: ['z'] }, served.taskQueue);
  await served.client.workflow.getHandle(providerTestIdOf('acme', 'z')).result();
  const calls = served.vendors.callsTo('attacker');
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.map(({ authorization }) => authorization)).toEqual(calls.map(() => null));
});
