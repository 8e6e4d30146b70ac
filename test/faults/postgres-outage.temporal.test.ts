import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { outcome, startBehavior } from '../../client/index.ts';
import type { BehaviorRun } from '../../contract/index.ts';
import { readRegistryFile } from '../../registry/index.ts';
import { createClosers } from '../../sandbox/closers.ts';
import { startStack } from '../../sandbox/stack.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { ByomPlugin } from '../../worker/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { registryOf, textRun, usualOrganization } from '../support/served.ts';
import { startBreakablePostgres } from './breakable-postgres.ts';
import type { BreakablePostgres } from './breakable-postgres.ts';
import { bundleOwnWorkflows } from './own-bundle.ts';

/** Longer than an answer waits for its row (10 s), so that both ways of keeping it are met. */
const outageMs = process.env['BYOM_LONG'] === '1' ? 20_000 : 11_500;

const closers = createClosers();
let postgres: BreakablePostgres;
let stack: Stack;
let bundle: WorkflowBundleOption;

beforeAll(async () => {
  bundle = await bundleOwnWorkflows();
  postgres = await startBreakablePostgres();
  closers.onClose(() => postgres.close());
  const own = randomUUID().slice(0, 8);
  stack = await startStack({
    env: {
      TEMPORAL_ADDRESS: process.env['BYOM_TEST_TEMPORAL_ADDRESS'],
      BYOM_DATABASE_URL: postgres.url(),
    },
    closers,
    headless: true,
    onProgress: () => {},
    registryFile: ({ origin }) =>
      readRegistryFile(registryOf({ acme: usualOrganization }), {
        env: { VENDORS: origin },
        readFile: () => '',
        name: 'test',
      }),
    taskQueues: { runs: `byom-${own}`, engine: `engine-${own}` },
    workflowBundle: bundle,
  });
});
afterEach(() => stack.vendors.reset());
afterAll(() => closers.closeAll());

async function start(run: BehaviorRun): Promise<string> {
  const { client, runKeys: keys, taskQueue } = stack;
  return (await startBehavior(client, run, { keys, taskQueue })).workflowId;
}

const superuser = <T extends object>(sql: string, values: readonly unknown[] = []) =>
  ask<T>(postgres.url('postgres'), sql, values);

/** Lets no call begin, so that a run stands between its plan and its call. */
const holdBegin = () => superuser('revoke execute on function byom.begin(jsonb) from byom_worker');
const releaseBegin = () => superuser('grant execute on function byom.begin(jsonb) to byom_worker');

async function triesOf(workflowId: string): Promise<number> {
  const { raw } = await stack.client.workflow.getHandle(workflowId).describe();
  return raw.pendingActivities?.[0]?.attempt ?? 0;
}

const attemptsOf = (workflowId: string) =>
  superuser<{ state: string; model: string }>(
    'select state, model from byom.attempts where workflow_id = $1 order by call',
    [workflowId],
  );

test('Postgres stops at resolution, at begin and at settle: each run waits and ends on its own model, called once', async () => {
  await outcome(stack.client, await start(textRun('acme'))); // The pool is open, as in a worker that serves.
  stack.vendors.reset();

  stack.vendors.fault('acme-own', { kind: 'slow-first-token', ms: 1_500, times: 1 });
  const atSettle = await start(textRun('acme'));
  await eventually(() => stack.vendors.log.length === 1);
  await holdBegin();
  const betweenPlanAndCall = await start(textRun('acme'));
  await eventually(async () => (await triesOf(betweenPlanAndCall)) > 0);
  await postgres.stop();
  const atResolution = await start(textRun('acme'));
  await sleep(outageMs);
  expect(stack.vendors.log).toHaveLength(1);
  await postgres.start();
  await releaseBegin();

  for (const workflowId of [atResolution, betweenPlanAndCall, atSettle]) {
    expect(await outcome(stack.client, workflowId)).toMatchObject({
      status: 'completed',
      answeredBy: { layer: 'behavior', model: 'own' },
      hops: [{ outcome: 'answered', calls: 1, usage: { inputTokens: expect.any(Number) } }],
    });
    // The answer was kept, wherever it was when Postgres went away.
    expect(await attemptsOf(workflowId)).toEqual([{ state: 'answered', model: 'own' }]);
  }
  expect(stack.vendors.callsTo('acme-own')).toHaveLength(3);
  expect(stack.vendors.log).toHaveLength(3);
}, 90_000);

test("Postgres is frozen: a user's own workflows on the same worker finish meanwhile, and our runs when it thaws", async () => {
  const { client, runKeys, openKeys: credentialKeys } = stack;
  const connection = await NativeConnection.connect({ address: stack.temporal.address });
  const taskQueue = `frozen-${randomUUID()}`;
  const guard = { allowedRanges: ['127.0.0.0/8'] };
  const plugin = new ByomPlugin({ databaseUrl: postgres.url('byom_worker'), credentialKeys, runKeys, guard });
  // Fewer slots for workflow tasks than runs that wait for Postgres.
  const worker = await Worker.create({
    connection,
    taskQueue,
    plugins: [plugin],
    workflowBundle: bundle,
    maxConcurrentWorkflowTaskExecutions: 4,
  });
  const runs = Array.from({ length: 24 }, () => textRun('acme'));
  await worker.runUntil(async () => {
    postgres.freeze();
    try {
      for (const run of runs) await startBehavior(client, run, { keys: runKeys, taskQueue });
      for (let nth = 0; nth < 5; nth += 1) {
        const workflowId = `greet-${randomUUID()}`;
        expect(await client.workflow.execute('greet', { workflowId, taskQueue, args: ['Ada'] })).toBe(
          'Hello Ada',
        );
      }
      expect(stack.vendors.log).toEqual([]);
    } finally {
      postgres.thaw();
    }
    const ids = runs.map(({ event }) => `byom:acme:b1:${event.id}`);
    const outcomes = await Promise.all(ids.map((workflowId) => outcome(client, workflowId)));
    expect(outcomes.every(({ answeredBy }) => answeredBy?.model === 'own')).toBe(true);
    // What let the others through: most of our runs were refused at once, and held their slot for no time at all.
    const histories = await Promise.all(ids.map((id) => client.workflow.getHandle(id).fetchHistory()));
    const refusedAtOnce = histories.filter((one) =>
      JSON.stringify(one).includes('did not answer a moment ago'),
    );
    expect(refusedAtOnce.length).toBeGreaterThan(runs.length / 2);
  });
  await connection.close();
  expect(stack.vendors.log).toHaveLength(runs.length);
}, 90_000);
