import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { outcome, startBehavior } from '../../client/index.ts';
import { createClosers } from '../../sandbox/closers.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { withWorker } from '../support/own-worker.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { startBreakablePostgres } from './breakable-postgres.ts';
import type { BreakablePostgres } from './breakable-postgres.ts';
import { hold, release, untilHeld } from './held-calls.ts';
import { bundleOwnWorkflows } from './own-bundle.ts';

/** Longer than an answer waits for its row (10 s), so that both ways of keeping it are met. */
const outageMs = process.env['BYOM_LONG'] === '1' ? 20_000 : 11_500;

const closers = createClosers();
let postgres: BreakablePostgres;
let served: Served;
let bundle: WorkflowBundleOption;

beforeAll(async () => {
  bundle = await bundleOwnWorkflows();
  postgres = await startBreakablePostgres();
  closers.onClose(() => postgres.close());
  served = await serve({ database: urlsOf(postgres), workflowBundle: bundle });
  closers.onClose(() => served.close());
  await served.apply(registryOf({ acme: usualOrganization }));
});
afterEach(() => served.vendors.reset());
afterAll(() => closers.closeAll());

function urlsOf({ url }: BreakablePostgres) {
  return {
    ownerUrl: url('byom_owner'),
    apiUrl: url('byom_api'),
    workerUrl: url('byom_worker'),
    superuserUrl: url('postgres'),
  };
}

const attemptsOf = (workflowId: string) =>
  ask<{ state: string; model: string }>(
    served.urls.superuser,
    'select state, model from byom.attempts where workflow_id = $1 order by call',
    [workflowId],
  );

test('Postgres stops at resolution, at begin and at settle: each run waits and ends on its own model, called once', async () => {
  await served.run(textRun('acme')); // The pool is open, as in a worker that serves.
  served.vendors.reset();

  served.vendors.fault('acme-own', { kind: 'slow-first-token', ms: 1_500, times: 1 });
  const atSettle = await served.start(textRun('acme'));
  await eventually(() => served.vendors.log.length === 1);
  await hold(served, 'begin');
  const betweenPlanAndCall = await served.start(textRun('acme'));
  await untilHeld(served, betweenPlanAndCall, 'invokeModel');
  await postgres.stop();
  expect(served.vendors.log).toMatchObject([{ finishedAtMs: null }]);
  const atResolution = await served.start(textRun('acme'));
  await sleep(outageMs);
  expect(served.vendors.log).toHaveLength(1);
  await postgres.start();
  await release(served, 'begin');

  for (const workflowId of [atResolution, betweenPlanAndCall, atSettle]) {
    expect(await outcome(served.client, workflowId)).toMatchObject({
      status: 'completed',
      answeredBy: { layer: 'behavior', model: 'own' },
      hops: [{ outcome: 'answered', calls: 1, usage: { inputTokens: expect.any(Number) } }],
    });
    // The answer was kept, wherever it was when Postgres went away.
    expect(await attemptsOf(workflowId)).toEqual([{ state: 'answered', model: 'own' }]);
  }
  expect(served.vendors.callsTo('acme-own')).toHaveLength(3);
  expect(served.vendors.log).toHaveLength(3);
}, 90_000);

test("Postgres is frozen: a user's own workflows on the same worker finish meanwhile, and our runs when it thaws", async () => {
  const { client, runKeys } = served;
  // Fewer slots for workflow tasks than runs that wait for Postgres.
  const slots = 4;
  const options = { workflowBundle: bundle, maxConcurrentWorkflowTaskExecutions: slots };
  const runs = Array.from({ length: 24 }, () => textRun('acme'));
  await withWorker(served, options, async (taskQueue) => {
    postgres.freeze();
    try {
      for (const run of runs) await startBehavior(client, run, { keys: runKeys, taskQueue });
      for (let nth = 0; nth < 5; nth += 1) {
        const workflowId = `greet-${randomUUID()}`;
        expect(await client.workflow.execute('greet', { workflowId, taskQueue, args: ['Ada'] })).toBe(
          'Hello Ada',
        );
      }
      expect(served.vendors.log).toEqual([]);
    } finally {
      postgres.thaw();
    }
    const ids = runs.map(({ event }) => `byom:acme:b1:${event.id}`);
    const outcomes = await Promise.all(ids.map((workflowId) => outcome(client, workflowId)));
    expect(outcomes.every(({ answeredBy }) => answeredBy?.model === 'own')).toBe(true);
    // What let the others through: more of our runs than there are slots were refused at once, and held none.
    const histories = await Promise.all(ids.map((id) => client.workflow.getHandle(id).fetchHistory()));
    const refusedAtOnce = histories.filter((one) =>
      JSON.stringify(one).includes('did not answer a moment ago'),
    );
    expect(refusedAtOnce.length).toBeGreaterThan(slots);
  });
  expect(served.vendors.log).toHaveLength(runs.length);
}, 90_000);
