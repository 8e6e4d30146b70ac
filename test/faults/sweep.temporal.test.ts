import { outcome, signTicket } from '../../client/index.ts';
import type { BehaviorRun } from '../../contract/index.ts';
import { createRegistry } from '../../registry/index.ts';
import type { OpenRegistry } from '../../registry/index.ts';
import { createSweep } from '../../worker/sweep.ts';
import type { Sweep } from '../../worker/sweep.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { withWorker } from '../support/own-worker.ts';
import { insertOldKey, leftOf } from '../support/old-rows.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { hold, release, untilHeld } from './held-calls.ts';

let served: Served;
let registry: OpenRegistry;
/** Terminated before the first test, and looked for in the last: a worker waits a while before it records a run. */
let leftAlone: string;

beforeAll(async () => {
  served = await serve();
  await served.apply(registryOf({ acme: usualOrganization, other: usualOrganization }));
  registry = createRegistry({ workerUrl: served.urls.worker, openKeys: served.openKeys });
  leftAlone = await startUnserved(textRun('acme'), `${served.taskQueue}-own`);
});
afterEach(() => served.vendors.reset());
afterAll(async () => {
  await registry.close();
  await served.close();
});

function openSweep(taskQueue = served.taskQueue): Sweep {
  const { client, runKeys } = served;
  return createSweep({ client, taskQueue, runKeys, registry, graceMs: 0 });
}

/** A run on a queue that nobody polls, terminated there: no worker of ours has seen it before. */
async function startUnserved(run: BehaviorRun, taskQueue: string, ticket?: string | null): Promise<string> {
  const workflowId = `byom:${run.org}:b1:${run.event.id}`;
  const genuine = signTicket(run, workflowId, served.runKeys);
  const handle = await served.client.workflow.start('agentBehavior', {
    workflowId,
    taskQueue,
    args: [run, ticket === undefined ? genuine : ticket],
  });
  await handle.terminate();
  return workflowId;
}

/** A run that is in a call, and stays there. */
async function startSilent(): Promise<string> {
  const before = served.vendors.log.length;
  served.vendors.fault('acme-own', { kind: 'silence' });
  const workflowId = await served.start(textRun('acme'));
  await eventually(() => served.vendors.log.length > before);
  return workflowId;
}

const rowOf = async (workflowId: string) => {
  const [row] = await ask<{ org: string; status: string; draft: object; usage: object | null }>(
    served.urls.superuser,
    "select org_id as org, status, draft, sums->'usage' as usage from byom.runs where workflow_id = $1",
    [workflowId],
  );
  return row;
};

async function isListed(workflowId: string, status: string): Promise<boolean> {
  const query = `WorkflowId = '${workflowId}' and ExecutionStatus = '${status}'`;
  return (await served.client.workflow.count(query)).count > 0;
}

/** The list of a namespace may be late: looks until it knows of this many runs more. */
async function lookUntil(sweep: Sweep, wanted: number): Promise<void> {
  let recorded = 0;
  await eventually(async () => {
    recorded += await sweep.look();
    return recorded >= wanted;
  });
  expect(recorded).toBe(wanted);
}

test('a terminated run is recorded as aborted, by whom and why, and its call may have been billed', async () => {
  const workflowId = await startSilent();
  await served.client.workflow.getHandle(workflowId).terminate('wrong environment');
  await expect(outcome(served.client, workflowId)).rejects.toThrow(/^no-outcome: the run was terminated/);
  await lookUntil(openSweep(), 1);
  expect(await rowOf(workflowId)).toMatchObject({
    org: 'acme',
    status: 'aborted',
    draft: { status: 'aborted', abort: { by: 'operator', reason: 'terminated: wrong environment' } },
  });
  const [call] = await ask<{ state: string }>(
    served.urls.superuser,
    'select state from byom.attempts where workflow_id = $1',
    [workflowId],
  );
  expect(['cancelled', 'unknown']).toContain(call?.state);
});

test('a run that timed out is recorded as failed', async () => {
  const run = textRun('acme');
  served.vendors.fault('acme-own', { kind: 'silence' });
  const workflowId = `byom:acme:b1:${run.event.id}`;
  const handle = await served.client.workflow.start('agentBehavior', {
    workflowId,
    taskQueue: served.taskQueue,
    args: [run, signTicket(run, workflowId, served.runKeys)],
    workflowExecutionTimeout: '2s',
  });
  await handle.result().catch(() => {});
  await expect(outcome(served.client, workflowId)).rejects.toThrow(/^no-outcome: the run was timed out/);
  await lookUntil(openSweep(), 1);
  expect(await rowOf(workflowId)).toMatchObject({
    status: 'failed',
    draft: { failure: { type: 'budget.exhausted', lastModelFailure: null } },
  });
});

test('a run that was terminated before its first call is recorded too', async () => {
  await hold(served, 'resolve');
  const workflowId = await served.start(textRun('acme'));
  try {
    await untilHeld(served, workflowId, 'resolveModel');
    await served.client.workflow.getHandle(workflowId).terminate('not needed');
  } finally {
    await release(served, 'resolve');
  }
  await lookUntil(openSweep(), 1);
  expect(await rowOf(workflowId)).toMatchObject({
    status: 'aborted',
    draft: { abort: { by: 'operator', reason: 'terminated: not needed' } },
    usage: null,
  });
});

test('twice is once: what is on record stays as it is', async () => {
  const workflowId = await startSilent();
  await served.client.workflow.getHandle(workflowId).terminate();
  const sweep = openSweep();
  await lookUntil(sweep, 1);
  const before = await rowOf(workflowId);
  expect(await sweep.look()).toBe(0);
  expect(await openSweep().look()).toBe(0);
  expect(await rowOf(workflowId)).toEqual(before);
});

test('a run whose outcome is on record keeps it, although it was terminated afterwards', async () => {
  // The engine of nobody is told how the run ended, so that the workflow is still open.
  const run = { ...textRun('acme'), notify: true };
  const workflowId = await served.start(run);
  await eventually(async () => (await rowOf(workflowId))?.status === 'completed');
  await served.client.workflow.getHandle(workflowId).terminate();
  // The list of a namespace is late: a look before it knows of the run would find nothing to do, whatever is on record.
  await eventually(() => isListed(workflowId, 'Terminated'));
  expect(await openSweep().look()).toBe(0);
  expect(await rowOf(workflowId)).toMatchObject({ status: 'completed' });
});

test("nobody's run, another organization's ticket and another task queue are not recorded", async () => {
  const queue = `${served.taskQueue}-nobody`;
  const genuine = textRun('acme');
  const ticket = signTicket(genuine, `byom:acme:b1:${genuine.event.id}`, served.runKeys);
  const unsigned = await startUnserved(textRun('acme'), queue, null);
  const forged = await startUnserved(textRun('other'), queue, ticket);
  const right = await startUnserved(textRun('acme'), queue);
  // The genuine one of the same queue is found, so the others were looked at.
  await lookUntil(openSweep(queue), 1);
  expect(await rowOf(right)).toMatchObject({ status: 'aborted' });
  expect(await rowOf(unsigned)).toBeUndefined();
  expect(await rowOf(forged)).toBeUndefined();
});

test('Postgres does not answer: the look fails, and the next one begins where it began', async () => {
  const workflowId = await startSilent();
  await served.client.workflow.getHandle(workflowId).terminate();
  await ask(served.urls.superuser, 'revoke execute on function byom.record_lost(jsonb) from byom_worker');
  const sweep = openSweep();
  try {
    await eventually(async () => (await sweep.look().catch((error: unknown) => error)) instanceof Error);
  } finally {
    await ask(served.urls.superuser, 'grant execute on function byom.record_lost(jsonb) to byom_worker');
  }
  await lookUntil(sweep, 1);
  expect(await rowOf(workflowId)).toMatchObject({ status: 'aborted' });
});

test('a worker looks by itself, for as long as it runs, and deletes what is stale', async () => {
  await insertOldKey(served.urls.superuser, 'other', 'stale', 25);
  const sweeping = { taskQueue: `${served.taskQueue}-own`, plugin: { sweepEveryMs: 300 } };
  await withWorker(served, sweeping, () =>
    eventually(async () => (await rowOf(leftAlone))?.status === 'aborted', 20_000),
  );
  expect((await leftOf(served.urls.superuser))['keys']).toEqual([]);
});
