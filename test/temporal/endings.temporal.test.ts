import type { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { abortRun, outcome, runState, signTicket, startBehavior } from '../../client/index.ts';
import type { BehaviorRun } from '../../contract/index.ts';
import { actionFailed, startScriptedEngine } from '../support/scripted-engine.ts';
import type { ScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

let served: Served;
let engine: ScriptedEngine;

beforeAll(async () => {
  served = await serve();
  const strict = usualOrganization.replace('policy: {', 'policy: { onFailure: none,');
  await served.apply(registryOf({ acme: usualOrganization, strict }));
});
beforeEach(async () => {
  engine = await startScriptedEngine(`scripted-${Math.random().toString(36).slice(2)}`);
});
afterEach(async () => {
  served.vendors.reset();
  await engine.close();
});
afterAll(() => served.close());

async function start(run: BehaviorRun) {
  const { client, runKeys: keys, taskQueue } = served;
  return startBehavior(client, run, { keys, taskQueue });
}

const statusOf = async (workflowId: string) => {
  const { status, searchAttributes } = await served.client.workflow.getHandle(workflowId).describe();
  return { status: status.name, byom: searchAttributes['ByomStatus']?.[0] };
};

describe('the ends of a run', () => {
  test('a completed run returns its outcome and closes as Completed', async () => {
    const handle = await start(planRun('acme', engine.taskQueue));
    expect(await handle.result()).toMatchObject({
      status: 'completed',
      answeredBy: { layer: 'behavior', provider: 'p-own', model: 'own', vendor: 'custom' },
      reason: 'assigned',
      hops: [{ outcome: 'answered', calls: 1 }],
      actions: [{ status: 'done' }, { status: 'done' }, { status: 'done' }],
    });
    expect(await statusOf(handle.workflowId)).toEqual({ status: 'COMPLETED', byom: 'completed' });
    expect(engine.executed.map(({ idempotencyKey }) => idempotencyKey)).toEqual(
      ['a', 'b', 'c'].map((one) => `${handle.workflowId}/${one}/1`),
    );
  });

  test('a failed run closes as Failed, with the type, the outcome and the way to run it again', async () => {
    served.vendors.fault('strict-own', { kind: 'status', status: 404 });
    const handle = await start(textRun('strict'));
    const failed: unknown = await handle.result().catch((error: unknown) => error);
    const cause = (failed as WorkflowFailedError).cause as ApplicationFailure;
    expect(cause).toMatchObject({ type: 'model.not-found', nonRetryable: true });
    expect(cause.message).toMatch(
      /^model\.not-found\. .*temporal workflow reset --workflow-id .* --event-id 4 /,
    );
    expect(await outcome(served.client, handle.workflowId)).toMatchObject({
      status: 'failed',
      answeredBy: null,
      failure: { type: 'model.not-found', lastModelFailure: 'model.not-found' },
      skipped: [
        { layer: 'organization', model: 'usual', reason: 'on-failure-none' },
        { layer: 'platform', model: 'platform/ai', reason: 'on-failure-none' },
      ],
    });
    expect(await statusOf(handle.workflowId)).toEqual({ status: 'FAILED', byom: 'failed' });
  });

  test('an abort in a call ends it at the vendor, asks nobody else and closes as Completed', async () => {
    served.vendors.fault('acme-own', { kind: 'silence' });
    const handle = await start(textRun('acme'));
    await eventually(() => served.vendors.callsTo('acme-own').length === 1);
    await abortRun(served.client, handle.workflowId, { reason: 'wrong card' });
    expect(await handle.result()).toMatchObject({
      status: 'aborted',
      abort: { by: 'operator', reason: 'wrong card' },
      hops: [{ outcome: 'interrupted' }],
    });
    await eventually(() => served.vendors.callsTo('acme-own')[0]?.disconnectedAtMs !== null);
    expect(served.vendors.log).toHaveLength(1);
    expect(await statusOf(handle.workflowId)).toEqual({ status: 'COMPLETED', byom: 'aborted' });
  });

  test('an abort between two actions takes the done ones back, last first', async () => {
    let waiting = true;
    engine.on('c', async () => {
      await eventually(() => !waiting);
      return { status: 'done' };
    });
    const handle = await start(planRun('acme', engine.taskQueue));
    await eventually(() => engine.executed.length === 3);
    await abortRun(served.client, handle.workflowId, { reason: 'stop' });
    waiting = false;
    expect(await handle.result()).toMatchObject({ status: 'aborted' });
    expect(engine.compensated.map(({ action, undo }) => [action.referenceId, undo])).toEqual([
      ['c', null],
      ['b', { of: 'b' }],
      ['a', { of: 'a' }],
    ]);
  });

  test('an abort without a reason, or after the outcome is on record, is refused with the reason', async () => {
    const handle = await start(textRun('acme'));
    await handle.result();
    await expect(abortRun(served.client, handle.workflowId, { reason: 'late' })).rejects.toThrow(
      'already completed',
    );
    served.vendors.fault('acme-own', { kind: 'silence' });
    const running = await start(textRun('acme'));
    await expect(abortRun(served.client, running.workflowId, { reason: ' ' })).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/^Say why/) },
    });
    await running.terminate();
  });
});

describe('actions', () => {
  test('a failed action is kept by default: the others run and the outcome is partial', async () => {
    engine.on('b', () => Promise.reject(actionFailed()));
    const handle = await start(planRun('acme', engine.taskQueue));
    expect(await handle.result()).toMatchObject({
      status: 'partial',
      actions: [{ status: 'done' }, { status: 'failed' }, { status: 'done' }],
    });
    expect(engine.compensated).toEqual([]);
  });

  test('under compensate the third failing takes back the second, then the first, once each', async () => {
    engine.on('c', () => Promise.reject(actionFailed()));
    const handle = await start(planRun('acme', engine.taskQueue, { onActionFailure: 'compensate' }));
    expect(await outcome(served.client, handle.workflowId)).toMatchObject({
      status: 'failed',
      failure: { type: 'action.failed' },
      actions: [{ status: 'undone' }, { status: 'undone' }, { status: 'failed' }],
    });
    expect(engine.compensated.map(({ action }) => action.referenceId)).toEqual(['b', 'a']);
  });

  test('a key that the engine knows is answered already-done, with the fields applied then', async () => {
    engine.on('a', () => ({ status: 'already-done', fields: { '1': 'then' } }));
    const handle = await start(planRun('acme', engine.taskQueue));
    expect((await handle.result()).actions[0]).toEqual({
      referenceId: 'a',
      actionType: 'move_card',
      status: 'already-done',
      fields: { '1': 'then' },
    });
  });

  test('with notify the engine is told how the run ended, and only then', async () => {
    await (await start(planRun('acme', engine.taskQueue))).result();
    const handle = await start(planRun('acme', engine.taskQueue, { notify: true }));
    const told = await handle.result();
    expect(engine.news).toEqual([{ workflowId: handle.workflowId, outcome: told }]);
  });
});

describe('what an operator sees', () => {
  test('the query state, the tags and the details say where a run stands', async () => {
    served.vendors.fault('acme-own', { kind: 'status', status: 404 });
    served.vendors.fault('platform', { kind: 'silence' });
    const handle = await start(textRun('acme'));
    await eventually(() => served.vendors.callsTo('platform').length === 1);
    const state = await runState(served.client, handle.workflowId);
    expect(state).toMatchObject({ phase: 'invoking', hops: [{ model: 'own', failure: 'model.not-found' }] });
    const { searchAttributes } = await handle.describe();
    expect(searchAttributes).toMatchObject({ ByomOrg: ['acme'], ByomStatus: ['running'] });
    expect(searchAttributes['ByomTags']).toEqual(
      expect.arrayContaining([
        'behavior:b1',
        'pipe:p1',
        'card:c1',
        'provider:ai',
        'model:platform/ai',
        'layer:platform',
      ]),
    );
    const details = JSON.stringify(await handle.query('__temporal_workflow_metadata'));
    expect(details).toContain('| 1 | assigned to the Behavior | p-own/own | model.not-found |');
    await abortRun(served.client, handle.workflowId, { reason: 'seen enough' });
    await handle.result();
  });
});

describe('one outcome per event', () => {
  test('the same event 50 times at once is one run', async () => {
    const run = textRun('acme');
    const handles = await Promise.all(Array.from({ length: 50 }, () => start(run)));
    const outcomes = await Promise.all(handles.map(({ workflowId }) => outcome(served.client, workflowId)));
    expect(new Set(outcomes.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(served.vendors.callsTo('acme-own')).toHaveLength(1);
  });

  test('the event of a closed run leads to that run, and for another run it is refused', async () => {
    const run = textRun('acme');
    const first = await (await start(run)).result();
    expect(await outcome(served.client, (await start(run)).workflowId)).toEqual(first);
    const other = { ...run, card: { ...run.card, title: 'Another' } };
    await expect(start(other)).rejects.toMatchObject({
      type: 'run.invalid',
      message: expect.stringContaining('run-differs'),
    });
    expect(served.vendors.callsTo('acme-own')).toHaveLength(1);
  });

  test('an event whose run Temporal has forgotten gets the outcome that the registry kept', async () => {
    const run = textRun('acme');
    const first = await (await start(run)).result();
    const forgotten = textRun('acme');
    // As a run of another execution, which is what a deleted one leaves behind (its real deletion takes half a minute).
    await ask(
      served.urls.superuser,
      `insert into byom.runs select (jsonb_populate_record(r, jsonb_build_object('workflow_id', $2::text,
        'first_run_id', 'forgotten', 'run_id', 'forgotten'))).* from byom.runs r where r.workflow_id = $1`,
      [`byom:acme:b1:${run.event.id}`, `byom:acme:b1:${forgotten.event.id}`],
    );
    expect(await (await start(forgotten)).result()).toEqual(first);
    expect(served.vendors.callsTo('acme-own')).toHaveLength(1);
  });
});

describe('a run that nobody vouches for', () => {
  test.each([
    ['no ticket', null],
    ['no genuine ticket', 'v1.e30.AAAA'],
  ])('%s: it ends run.unsigned, and no vendor is asked', async (_, ticket) => {
    const run = textRun('acme');
    const workflowId = `byom:acme:b1:${run.event.id}`;
    await served.client.workflow.start('agentBehavior', {
      workflowId,
      taskQueue: served.taskQueue,
      args: [run, ticket],
    });
    expect(await outcome(served.client, workflowId)).toMatchObject({
      status: 'failed',
      failure: { type: 'run.unsigned' },
    });
    expect(served.vendors.log).toEqual([]);
  });

  test('a changed prompt under a genuine ticket is refused before any call', async () => {
    const run = textRun('acme');
    const workflowId = `byom:acme:b1:${run.event.id}`;
    const ticket = signTicket(run, workflowId, served.runKeys);
    const changed = { ...run, behavior: { ...run.behavior, instruction: 'Tell me everything.' } };
    await served.client.workflow.start('agentBehavior', {
      workflowId,
      taskQueue: served.taskQueue,
      args: [changed, ticket],
    });
    expect((await outcome(served.client, workflowId)).failure?.type).toBe('run.unsigned');
    expect(served.vendors.log).toEqual([]);
  });
});
