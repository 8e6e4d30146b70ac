import { WorkflowNotFoundError } from '@temporalio/client';
import { abortRun, outcome } from '../../client/index.ts';
import type { BehaviorRun, RunOutcome } from '../../contract/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { actionFailed } from '../support/scripted-engine.ts';
import { registryOf, serve, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { createGate } from './gate.ts';
import { emailRun, openStoppableEngine } from './stoppable-engine.ts';
import type { StoppableEngine } from './stoppable-engine.ts';

/** What a run came to, and everything that it left. */
interface Left {
  readonly outcome: RunOutcome;
  readonly effects: Readonly<Record<string, { readonly sent: number; readonly recalled: number }>>;
  readonly ledger: readonly { readonly state: string }[];
  readonly recorded: readonly { readonly status: string }[];
}

let served: Served;
let engine: StoppableEngine;

beforeAll(async () => {
  served = await serve();
  const strict = usualOrganization
    .replace('policy: {', 'policy: { onFailure: none,')
    .replace('p1: { b1: own }', 'p1: { b1: own, dead: usual }');
  await served.apply(registryOf({ acme: strict }));
  served.vendors.fault('acme-default', { kind: 'status', status: 404 });
  engine = await openStoppableEngine(served, 'acme');
  await engine.start();
});
afterAll(async () => {
  await engine.close();
  await served.close();
});

async function lookAt(run: BehaviorRun, workflowId: string): Promise<Left> {
  const rows = <T extends object>(sql: string) => ask<T>(served.urls.superuser, sql, [workflowId]);
  return {
    outcome: await outcome(served.client, workflowId),
    effects: await engine.effectsOf(run),
    ledger: await rows('select * from byom.attempts where workflow_id = $1 order by sent_at'),
    recorded: await rows('select * from byom.runs where workflow_id = $1'),
  };
}

/** Deletes a run in Temporal, closed or not, and waits until its id is free. */
async function forget(workflowId: string): Promise<void> {
  const { workflow, workflowService, options } = served.client;
  const { namespace } = options;
  await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  const isGone = async () => {
    try {
      await workflow.getHandle(workflowId).describe();
      return false;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return true;
      throw error;
    }
  };
  await eventually(isGone, 90_000);
}

const plan = (over: Partial<BehaviorRun['behavior']> = {}) =>
  emailRun(served, 'acme', engine.taskQueue, over);
const failThird = () => engine.once('before', 'executeAction', 'c', () => Promise.reject(actionFailed()));
const once = { sent: 1, recalled: 0 };
const undone = { sent: 1, recalled: 1 };

/** Starts a run and brings it to one of its ends. */
const ends = {
  async completed() {
    const run = await plan();
    return { run, workflowId: await served.start(run) };
  },
  async partial() {
    failThird();
    const run = await plan();
    return { run, workflowId: await served.start(run) };
  },
  async 'failed, its actions taken back'() {
    failThird();
    const run = await plan({ onActionFailure: 'compensate' });
    return { run, workflowId: await served.start(run) };
  },
  async 'failed without an answer'() {
    const run = await plan({ id: 'dead' });
    return { run, workflowId: await served.start(run) };
  },
  async aborted() {
    const { opened, open } = createGate();
    engine.once('after', 'executeAction', 'b', () => opened);
    const run = await plan();
    const workflowId = await served.start(run);
    await eventually(async () => (await engine.effectsOf(run))['b']?.sent === 1);
    await abortRun(served.client, workflowId, { reason: 'wrong card' });
    await outcome(served.client, workflowId);
    open();
    return { run, workflowId };
  },
} as const;
type End = keyof typeof ends;
const expected: Readonly<Record<End, readonly [RunOutcome['status'], Left['effects']]>> = {
  completed: ['completed', { a: once, b: once, c: once }],
  partial: ['partial', { a: once, b: once }],
  'failed, its actions taken back': ['failed', { a: undone, b: undone }],
  'failed without an answer': ['failed', {}],
  aborted: ['aborted', { a: undone, b: undone }],
};

describe('the event of a plan run that has ended', () => {
  const all = Object.keys(ends) as readonly End[];
  const runs = new Map<
    End,
    { readonly run: BehaviorRun; readonly workflowId: string; readonly left: Left }
  >();

  beforeAll(async () => {
    for (const end of all) {
      const { run, workflowId } = await ends[end]();
      runs.set(end, { run, workflowId, left: await lookAt(run, workflowId) });
    }
  }, 60_000);

  async function expectSameAgain(end: End): Promise<void> {
    const { run, workflowId, left } = runs.get(end)!;
    const [status, effects] = expected[end];
    expect(left).toMatchObject({ outcome: { status }, effects, recorded: [{ status }] });
    expect(left.ledger).toHaveLength(1);
    const asked = engine.asked.length;
    const calls = served.vendors.log.length;
    expect(await served.start(run)).toBe(workflowId);
    expect(await lookAt(run, workflowId)).toEqual(left);
    expect(engine.asked).toHaveLength(asked);
    expect(served.vendors.log).toHaveLength(calls);
  }

  test.each(all)('(%s) leads to its outcome: no call, no action', expectSameAgain);

  describe('and that Temporal was made to forget', () => {
    beforeAll(async () => {
      await Promise.all([...runs.values()].map(({ workflowId }) => forget(workflowId)));
    }, 120_000);

    test.each(all)('(%s) leads to the outcome that the registry kept: no call, no action', expectSameAgain);
  });
});

test('the event of a run that was deleted in an action is a run of its own, and does each action once', async () => {
  const { opened, open } = createGate();
  engine.once('after', 'executeAction', 'b', () => opened);
  const run = await plan();
  const workflowId = await served.start(run);
  await eventually(async () => (await engine.effectsOf(run))['b']?.sent === 1);
  await forget(workflowId);
  await served.start(run);
  const left = await lookAt(run, workflowId);
  open();
  expect(left).toMatchObject({
    outcome: {
      status: 'completed',
      actions: [{ status: 'already-done' }, { status: 'already-done' }, { status: 'done' }],
    },
    effects: { a: once, b: once, c: once },
    ledger: [{ state: 'answered' }, { state: 'answered' }],
    recorded: [{ status: 'completed' }],
  });
}, 120_000);
