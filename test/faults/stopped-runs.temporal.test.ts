import { abortRun, outcome } from '../../client/index.ts';
import type { RunOutcome } from '../../contract/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { actionFailed } from '../support/scripted-engine.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { createGate } from './gate.ts';
import { hold, release, untilHeld } from './held-calls.ts';
import { emailRun, openStoppableEngine } from './stoppable-engine.ts';
import type { StoppableEngine } from './stoppable-engine.ts';

let served: Served;
let engine: StoppableEngine;

beforeAll(async () => {
  served = await serve();
  await served.apply(
    registryOf({ acme: usualOrganization.replace('policy: {', 'policy: { onFailure: cascade,') }),
  );
  engine = await openStoppableEngine(served, 'acme');
  await engine.start();
});
afterEach(() => {
  served.vendors.reset();
  engine.asked.length = 0;
});
afterAll(async () => {
  await engine.close();
  await served.close();
});

/** How a run is stopped, and what has to come of it in Temporal and in its outcome. */
const stops: readonly (readonly [string, 'COMPLETED' | 'CANCELLED', RunOutcome['abort'], Stop])[] = [
  [
    'an abort',
    'COMPLETED',
    { by: 'operator', reason: 'wrong card' },
    (workflowId) => abortRun(served.client, workflowId, { reason: 'wrong card' }),
  ],
  [
    'a cancel in Temporal',
    'CANCELLED',
    { by: 'cancellation', reason: 'cancelled' },
    (workflowId) => served.client.workflow.getHandle(workflowId).cancel(),
  ],
];
type Stop = (workflowId: string) => Promise<unknown>;

/** The outcome as everybody sees it: the workflow's own, the row in the registry, and how Temporal closed. */
async function expectEnded(workflowId: string, closed: string, expected: object): Promise<void> {
  const told = await outcome(served.client, workflowId);
  expect(told).toMatchObject(expected);
  const { status } = await served.client.workflow.getHandle(workflowId).describe();
  expect(status.name).toBe(closed);
  const [row] = await ask<{ status: string; abort: unknown }>(
    served.urls.superuser,
    "select status, draft->'abort' as abort from byom.runs where workflow_id = $1",
    [workflowId],
  );
  expect(row).toEqual({ status: told.status, abort: told.abort });
}

describe.each(stops)('%s', (_, closed, abort, stop) => {
  test('while the registry is down: nobody is asked, and the outcome is recorded when it is back', async () => {
    await hold(served, 'resolve');
    await hold(served, 'record_outcome');
    const workflowId = await served.start(textRun('acme'));
    try {
      await untilHeld(served, workflowId, 'resolveModel');
      await stop(workflowId);
      await untilHeld(served, workflowId, 'recordOutcome');
    } finally {
      await release(served, 'resolve');
      await release(served, 'record_outcome');
    }
    await expectEnded(workflowId, closed, { status: 'aborted', abort, hops: [], answeredBy: null });
    expect(served.vendors.log).toEqual([]);
  });

  test('in a call: the vendor sees the disconnect, nobody else is asked, and the ledger says so', async () => {
    served.vendors.fault('acme-own', { kind: 'silence' });
    const workflowId = await served.start(textRun('acme'));
    await eventually(() => served.vendors.log.length === 1);
    await stop(workflowId);
    await eventually(() => served.vendors.log[0]?.disconnectedAtMs !== null);
    await expectEnded(workflowId, closed, { status: 'aborted', abort, hops: [{ outcome: 'interrupted' }] });
    expect(served.vendors.log).toHaveLength(1);
    const rows = () =>
      ask(served.urls.superuser, 'select state from byom.attempts where workflow_id = $1', [workflowId]);
    await eventually(async () => JSON.stringify(await rows()) === '[{"state":"cancelled"}]');
  });

  test('between two tries of a model: it is not asked again', async () => {
    served.vendors.fault('acme-own', {
      kind: 'status',
      status: 429,
      retryAfter: { ms: 20_000, form: 'seconds' },
    });
    const workflowId = await served.start(textRun('acme'));
    await eventually(() => served.vendors.callsTo('acme-own')[0]?.status === 429);
    await stop(workflowId);
    await expectEnded(workflowId, closed, { status: 'aborted', abort });
    expect(served.vendors.log).toHaveLength(1);
  });

  test('in an action: it and those before are taken back, last first, and those after are never asked for', async () => {
    const { opened, open } = createGate();
    engine.once('after', 'executeAction', 'b', () => opened);
    const run = await emailRun(served, 'acme', engine.taskQueue);
    const workflowId = await served.start(run);
    await eventually(() => engine.asked.includes('executeAction b'));
    await eventually(async () => (await engine.effectsOf(run))['b']?.sent === 1);
    await stop(workflowId);
    await eventually(() => engine.asked.includes('compensateAction a'));
    open();
    await expectEnded(workflowId, closed, {
      status: 'aborted',
      abort,
      actions: [{ status: 'undone' }, { status: 'undone' }],
    });
    expect(engine.asked).toEqual([
      'executeAction a',
      'executeAction b',
      'compensateAction b',
      'compensateAction a',
    ]);
    expect(await engine.effectsOf(run)).toEqual({
      a: { sent: 1, recalled: 1 },
      b: { sent: 1, recalled: 1 },
    });
  });

  test('before the effect of an action that is under way: the effect is fenced off', async () => {
    const { opened, open } = createGate();
    engine.once('before', 'executeAction', 'b', () => opened);
    const run = await emailRun(served, 'acme', engine.taskQueue);
    const workflowId = await served.start(run);
    await eventually(() => engine.asked.includes('executeAction b'));
    await stop(workflowId);
    await eventually(() => engine.asked.includes('compensateAction a'));
    open();
    await expectEnded(workflowId, closed, { status: 'aborted', abort });
    expect(await engine.effectsOf(run)).toEqual({ a: { sent: 1, recalled: 1 } });
  });
});

describe('a run that is taking its actions back already', () => {
  async function startCompensating() {
    const { opened, open } = createGate();
    engine.once('before', 'executeAction', 'c', () => Promise.reject(actionFailed()));
    engine.once('before', 'compensateAction', 'b', () => opened);
    const run = await emailRun(served, 'acme', engine.taskQueue, { onActionFailure: 'compensate' });
    const workflowId = await served.start(run);
    await eventually(() => engine.asked.includes('compensateAction b'));
    return { run, workflowId, open };
  }
  const failed = {
    status: 'failed',
    failure: { type: 'action.failed' },
    actions: [{ status: 'undone' }, { status: 'undone' }, { status: 'failed' }],
  };

  test('refuses an abort with the reason, and ends as it would have', async () => {
    const { run, workflowId, open } = await startCompensating();
    await expect(abortRun(served.client, workflowId, { reason: 'stop' })).rejects.toMatchObject({
      cause: { message: 'The run is already ending: compensating.' },
    });
    open();
    await expectEnded(workflowId, 'FAILED', failed);
    expect(await engine.effectsOf(run)).toEqual({ a: { sent: 1, recalled: 1 }, b: { sent: 1, recalled: 1 } });
  });

  test('is not stopped by a cancel: each action is taken back once, and the failure is recorded', async () => {
    const { run, workflowId, open } = await startCompensating();
    await served.client.workflow.getHandle(workflowId).cancel();
    open();
    await expectEnded(workflowId, 'FAILED', failed);
    expect(engine.asked.filter((one) => one.startsWith('compensate'))).toEqual([
      'compensateAction b',
      'compensateAction a',
    ]);
    expect(await engine.effectsOf(run)).toEqual({ a: { sent: 1, recalled: 1 }, b: { sent: 1, recalled: 1 } });
  });

  test('after an abort is not stopped by a cancel either, and stays aborted by its operator', async () => {
    const { opened, open } = createGate();
    const acting = createGate();
    engine.once('after', 'executeAction', 'b', () => acting.opened);
    engine.once('before', 'compensateAction', 'b', () => opened);
    const run = await emailRun(served, 'acme', engine.taskQueue);
    const workflowId = await served.start(run);
    await eventually(() => engine.asked.includes('executeAction b'));
    await eventually(async () => (await engine.effectsOf(run))['b']?.sent === 1);
    await abortRun(served.client, workflowId, { reason: 'stop' });
    await eventually(() => engine.asked.includes('compensateAction b'));
    await served.client.workflow.getHandle(workflowId).cancel();
    acting.open();
    open();
    await expectEnded(workflowId, 'COMPLETED', { status: 'aborted', abort: { by: 'operator' } });
    expect(await engine.effectsOf(run)).toEqual({ a: { sent: 1, recalled: 1 }, b: { sent: 1, recalled: 1 } });
  });
});
