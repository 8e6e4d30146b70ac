import { outcome } from '../../client/index.ts';
import { eventually } from '../support/eventually.ts';
import { actionFailed, startScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, registryOf, serve, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { createGate } from './gate.ts';
import { emailRun, openStoppableEngine } from './stoppable-engine.ts';
import type { StoppableEngine } from './stoppable-engine.ts';

let served: Served;
let engine: StoppableEngine;

beforeAll(async () => {
  served = await serve();
  await served.apply(registryOf({ acme: usualOrganization }));
  engine = await openStoppableEngine(served, 'acme');
});
afterEach(async () => {
  await engine.stop();
  served.vendors.reset();
  engine.asked.length = 0;
});
afterAll(async () => {
  await engine.close();
  await served.close();
});

async function pendingActivity(workflowId: string): Promise<string | null | undefined> {
  const { raw } = await served.client.workflow.getHandle(workflowId).describe();
  return raw.pendingActivities?.[0]?.activityType?.name;
}

const once = { sent: 1, recalled: 0 };
const undone = { sent: 1, recalled: 1 };

test('while no engine polls, the run stays pending at its action; when one does, each action is done once', async () => {
  const run = await emailRun(served, 'acme', engine.taskQueue);
  const workflowId = await served.start(run);
  await eventually(async () => (await pendingActivity(workflowId)) === 'executeAction');
  const metadata = await served.client.workflow.getHandle(workflowId).query('__temporal_workflow_metadata');
  expect(JSON.stringify(metadata)).toContain(`Asking the pipe engine on task queue \`${engine.taskQueue}\``);
  expect(await engine.effectsOf(run)).toEqual({});
  await engine.start();
  expect(await outcome(served.client, workflowId)).toMatchObject({
    status: 'completed',
    actions: [{ status: 'done' }, { status: 'done' }, { status: 'done' }],
  });
  expect(await engine.effectsOf(run)).toEqual({ a: once, b: once, c: once });
  expect(served.vendors.log).toHaveLength(1);
});

test.each([
  ['before its effect', 'before', 'done'],
  ['after its effect, before it could answer', 'after', 'already-done'],
] as const)('the engine is restarted in an action, %s: it is done once', async (_, moment, status) => {
  await engine.start();
  const reached = createGate();
  engine.once(moment, 'executeAction', 'b', async () => {
    reached.open();
    await new Promise(() => {});
  });
  const run = await emailRun(served, 'acme', engine.taskQueue);
  const workflowId = await served.start(run);
  await reached.opened;
  await engine.stop();
  await engine.start();
  expect(await outcome(served.client, workflowId)).toMatchObject({
    status: 'completed',
    actions: [{ status: 'done' }, { status }, { status: 'done' }],
  });
  expect(engine.asked.filter((one) => one === 'executeAction b').length).toBeGreaterThan(1);
  expect(await engine.effectsOf(run)).toEqual({ a: once, b: once, c: once });
});

test.each(['before', 'after'] as const)(
  'the third of three fails for good and the engine is restarted in the compensation, %s its effect: each is undone once',
  async (moment) => {
    await engine.start();
    const reached = createGate();
    engine.once('before', 'executeAction', 'c', () => Promise.reject(actionFailed()));
    engine.once(moment, 'compensateAction', 'b', async () => {
      reached.open();
      await new Promise(() => {});
    });
    const run = await emailRun(served, 'acme', engine.taskQueue, { onActionFailure: 'compensate' });
    const workflowId = await served.start(run);
    await reached.opened;
    await engine.stop();
    await engine.start();
    expect(await outcome(served.client, workflowId)).toMatchObject({
      status: 'failed',
      failure: { type: 'action.failed' },
      actions: [{ status: 'undone' }, { status: 'undone' }, { status: 'failed' }],
    });
    const compensations = engine.asked.filter((one) => one.startsWith('compensate'));
    expect(compensations.filter((one) => one === 'compensateAction b').length).toBeGreaterThan(1);
    expect(compensations.at(-1)).toBe('compensateAction a');
    expect(await engine.effectsOf(run)).toEqual({ a: undone, b: undone });
  },
);

test('an engine that never says how to undo is asked to undo all the same, with null', async () => {
  const scripted = await startScriptedEngine(`scripted-${served.taskQueue}`);
  scripted.on('a', () => ({ status: 'done' }));
  scripted.on('c', () => Promise.reject(actionFailed()));
  const workflowId = await served.start(
    planRun('acme', scripted.taskQueue, { onActionFailure: 'compensate' }),
  );
  await outcome(served.client, workflowId);
  expect(scripted.compensated.map(({ action, undo }) => [action.referenceId, undo])).toEqual([
    ['b', { of: 'b' }],
    ['a', null],
  ]);
  await scripted.close();
});

test('a skipped action is not taken back', async () => {
  const scripted = await startScriptedEngine(`skipping-${served.taskQueue}`);
  scripted.on('a', () => ({ status: 'skipped', detail: 'there already' }));
  scripted.on('c', () => Promise.reject(actionFailed()));
  const workflowId = await served.start(
    planRun('acme', scripted.taskQueue, { onActionFailure: 'compensate' }),
  );
  expect(await outcome(served.client, workflowId)).toMatchObject({
    actions: [{ status: 'skipped' }, { status: 'undone' }, { status: 'failed' }],
  });
  expect(scripted.compensated.map(({ action }) => action.referenceId)).toEqual(['b']);
  await scripted.close();
});

test('an engine that refuses for good to take one action back: the others are taken back, and that one is unknown', async () => {
  const scripted = await startScriptedEngine(`refusing-${served.taskQueue}`);
  scripted.on('c', () => Promise.reject(actionFailed()));
  scripted.onUndo('b', () => {
    throw actionFailed();
  });
  const workflowId = await served.start(
    planRun('acme', scripted.taskQueue, { onActionFailure: 'compensate' }),
  );
  expect(await outcome(served.client, workflowId)).toMatchObject({
    status: 'failed',
    failure: { type: 'action.failed' },
    actions: [{ status: 'undone' }, { status: 'unknown' }, { status: 'failed' }],
  });
  expect(scripted.compensated.map(({ action }) => action.referenceId)).toEqual(['b', 'a']);
  await scripted.close();
});
