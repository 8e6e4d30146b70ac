import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { abortRun, outcome, signTicket, startBehavior } from '../../client/index.ts';
import type { BehaviorRun } from '../../contract/index.ts';
import { setModelEnabled } from '../support/change-registry.ts';
import { createGate } from '../faults/gate.ts';
import { hold, release, untilHeld } from '../faults/held-calls.ts';
import { emailRun } from '../faults/stoppable-engine.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { resetRun } from '../support/reset-run.ts';
import { withWorker } from '../support/own-worker.ts';
import { actionFailed } from '../support/scripted-engine.ts';
import { planRun, textRun } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import type { Stage } from './recorded-stage.ts';

/** One way that a run can go. */
interface Scenario {
  /** Brings a run so far that it ends by itself; its workflow id. */
  play(stage: Stage): Promise<string>;
  /** What the outcome has to show, or the history is not of what its name says. */
  readonly ends: object;
}

const aborted = (by: 'operator' | 'cancellation') => ({ status: 'aborted', abort: { by } });

const usual: Readonly<Record<string, Scenario>> = {
  'text-run': {
    play: ({ start }) => start(textRun('acme')),
    ends: { status: 'completed' },
  },
  'plan-run': {
    play: ({ start, engine }) => start(planRun('acme', engine.taskQueue)),
    ends: { status: 'completed', actions: [{ status: 'done' }, { status: 'done' }, { status: 'done' }] },
  },
  'plan-run-with-notify': {
    play: ({ start, engine }) => start(planRun('acme', engine.taskQueue, { notify: true })),
    ends: { status: 'completed' },
  },
  'fallback-to-the-platform': {
    play({ served, start, engine }) {
      served.vendors.fault('acme-own', { kind: 'status', status: 503 });
      return start(planRun('acme', engine.taskQueue));
    },
    ends: { status: 'completed', answeredBy: { layer: 'platform' } },
  },
  'failed-under-none': {
    play({ served, start }) {
      served.vendors.fault('strict-own', { kind: 'status', status: 401 });
      return start(textRun('strict'));
    },
    ends: { status: 'failed', failure: { type: 'model.unauthorized' } },
  },
  'budget-exhausted': {
    play({ served, start }) {
      served.vendors.fault('thrifty-own', { kind: 'status', status: 503 });
      return start(textRun('thrifty'));
    },
    ends: { status: 'failed', failure: { type: 'budget.exhausted', lastModelFailure: 'model.overloaded' } },
  },
  'ran-before': {
    async play(stage) {
      const first = await stage.start(textRun('acme'));
      await outcome(stage.served.client, first);
      const forgotten = textRun('acme');
      // The row that an execution leaves behind which Temporal has forgotten.
      await ask(
        stage.served.urls.superuser,
        `insert into byom.runs select (jsonb_populate_record(r, jsonb_build_object('workflow_id', $2::text,
          'first_run_id', 'forgotten', 'run_id', 'forgotten'))).* from byom.runs r where r.workflow_id = $1`,
        [first, `byom:acme:b1:${forgotten.event.id}`],
      );
      return stage.start(forgotten);
    },
    ends: { status: 'completed' },
  },
};

const refusals: Readonly<Record<string, Scenario>> = {
  'refused-without-a-ticket': {
    play: ({ served }) => startStraight(served, textRun('acme'), () => null),
    ends: { status: 'failed', failure: { type: 'run.unsigned' } },
  },
  'refused-for-a-forged-ticket': {
    play: ({ served }) =>
      startStraight(served, textRun('acme'), (workflowId) =>
        signTicket(textRun('strict'), workflowId, served.runKeys),
      ),
    ends: { status: 'failed', failure: { type: 'run.unsigned' } },
  },
  'refused-at-begin': {
    async play({ served, start }) {
      await hold(served, 'begin');
      const workflowId = await start(textRun('fickle'));
      try {
        await untilHeld(served, workflowId, 'invokeModel');
        await setModelEnabled(served.urls.api, 'fickle', 'own', false);
      } finally {
        await release(served, 'begin');
      }
      return workflowId;
    },
    ends: {
      status: 'completed',
      answeredBy: { model: 'usual' },
      skipped: [{ model: 'own', reason: 'model-disabled' }],
    },
  },
};

/** As somebody does who has access to the Temporal namespace, and nothing of ours. */
async function startStraight(
  { client, taskQueue }: Served,
  run: BehaviorRun,
  ticketOf: (workflowId: string) => string | null,
): Promise<string> {
  const workflowId = `byom:${run.org}:b1:${run.event.id}`;
  const args = [run, ticketOf(workflowId)];
  await client.workflow.start('agentBehavior', { workflowId, taskQueue, args });
  return workflowId;
}

const outages: Readonly<Record<string, Scenario>> = {
  'registry-away-at-resolve': {
    async play({ served, start }) {
      await hold(served, 'resolve');
      const workflowId = await start(textRun('acme'));
      try {
        await untilHeld(served, workflowId, 'resolveModel');
      } finally {
        await release(served, 'resolve');
      }
      return workflowId;
    },
    ends: { status: 'completed', hops: [{ model: 'own', calls: 1 }] },
  },
  'registry-away-at-record': {
    async play({ served, start, engine }) {
      await hold(served, 'record_outcome');
      const workflowId = await start(planRun('acme', engine.taskQueue));
      try {
        await untilHeld(served, workflowId, 'recordOutcome');
      } finally {
        await release(served, 'record_outcome');
      }
      return workflowId;
    },
    ends: { status: 'completed' },
  },
  'asked-again-after-an-unknown-outcome': {
    async play({ served }) {
      served.vendors.fault('acme-own', { kind: 'silence', times: 1 });
      // With no patience at all: what is under way when it ends is broken off.
      const deployed = { taskQueue: `deployed-${randomUUID()}`, shutdownGraceTime: 0 };
      const run = textRun('acme');
      let workflowId = '';
      await withWorker(served, deployed, async (taskQueue) => {
        const { client, runKeys: keys } = served;
        ({ workflowId } = await startBehavior(client, run, { keys, taskQueue }));
        await eventually(() => served.vendors.callsTo('acme-own').length === 1);
      });
      await withWorker(served, deployed, () => outcome(served.client, workflowId));
      return workflowId;
    },
    ends: { status: 'completed', hops: [{ model: 'own', outcome: 'answered' }] },
  },
  'reset-after-a-correction': {
    async play({ served, start }) {
      served.vendors.fault('strict-own', { kind: 'status', status: 404 });
      const workflowId = await start(textRun('strict'));
      await outcome(served.client, workflowId);
      served.vendors.clear();
      await resetRun(served.client, workflowId);
      return workflowId;
    },
    ends: { status: 'completed', hops: [{ model: 'own', failure: null }] },
  },
};

const engineFaults: Readonly<Record<string, Scenario>> = {
  'partial-plan': {
    play({ start, engine }) {
      engine.on('b', () => Promise.reject(actionFailed()));
      return start(planRun('acme', engine.taskQueue));
    },
    ends: { status: 'partial', actions: [{ status: 'done' }, { status: 'failed' }, { status: 'done' }] },
  },
  'engine-fault-of-its-own-type': {
    play({ start, engine }) {
      const fault = () => ApplicationFailure.nonRetryable('The phase has gone.', 'PhaseGone');
      engine.on('a', () => Promise.reject(fault()));
      return start(planRun('acme', engine.taskQueue));
    },
    ends: { status: 'partial', actions: [{ status: 'failed' }, { status: 'done' }, { status: 'done' }] },
  },
  'compensated-plan': {
    play({ start, engine }) {
      engine.on('b', () => Promise.reject(actionFailed()));
      return start(planRun('acme', engine.taskQueue, { onActionFailure: 'compensate' }));
    },
    ends: { status: 'failed', failure: { type: 'action.failed' } },
  },
  'compensated-without-an-undo': {
    play({ start, engine }) {
      engine.on('a', () => ({ status: 'done' }));
      engine.on('c', () => Promise.reject(actionFailed()));
      return start(planRun('acme', engine.taskQueue, { onActionFailure: 'compensate' }));
    },
    ends: {
      status: 'failed',
      failure: { type: 'action.failed' },
      actions: [{ status: 'undone' }, { status: 'undone' }, { status: 'failed' }],
    },
  },
};

type Stop = (stage: Stage, workflowId: string) => Promise<unknown>;

const abort: Stop = ({ served }, workflowId) => abortRun(served.client, workflowId, { reason: 'wrong card' });
const cancel: Stop = ({ served }, workflowId) => served.client.workflow.getHandle(workflowId).cancel();

/** The same moments for both: while the registry is asked, in a call, in an action, and while actions are taken back. */
function stopped(
  how: string,
  stop: Stop,
  by: 'operator' | 'cancellation',
): Readonly<Record<string, Scenario>> {
  return {
    [`${how}-while-resolving`]: {
      async play(stage) {
        const { served } = stage;
        await Promise.all([hold(served, 'resolve'), hold(served, 'record_outcome')]);
        const workflowId = await stage.start(textRun('acme'));
        try {
          await untilHeld(served, workflowId, 'resolveModel');
          await stop(stage, workflowId);
          // Only then is it certain that the run was stopped before the registry answered.
          await untilHeld(served, workflowId, 'recordOutcome');
        } finally {
          await Promise.all([release(served, 'resolve'), release(served, 'record_outcome')]);
        }
        return workflowId;
      },
      ends: { ...aborted(by), hops: [] },
    },
    [`${how}-in-the-call`]: {
      async play(stage) {
        const { vendors } = stage.served;
        vendors.fault('acme-own', { kind: 'silence' });
        const workflowId = await stage.start(textRun('acme'));
        await eventually(() => vendors.callsTo('acme-own').length === 1);
        await stop(stage, workflowId);
        return workflowId;
      },
      ends: { ...aborted(by), hops: [{ outcome: 'interrupted' }] },
    },
    [`${how}-while-acting`]: {
      async play(stage) {
        const { opened, open } = createGate();
        stage.stoppable.once('after', 'executeAction', 'b', () => opened);
        const workflowId = await stage.start(await emailRun(stage.served, 'acme', stage.stoppable.taskQueue));
        await eventually(() => stage.stoppable.asked.includes('executeAction b'));
        await stop(stage, workflowId);
        await eventually(() => stage.stoppable.asked.includes('compensateAction b'));
        open();
        return workflowId;
      },
      ends: { ...aborted(by), actions: [{ status: 'undone' }, { status: 'undone' }] },
    },
    [`${how}-while-compensating`]: {
      async play(stage) {
        const { opened, open } = createGate();
        stage.stoppable.once('before', 'executeAction', 'c', () => Promise.reject(actionFailed()));
        stage.stoppable.once('before', 'compensateAction', 'b', () => opened);
        const workflowId = await stage.start(
          await emailRun(stage.served, 'acme', stage.stoppable.taskQueue, { onActionFailure: 'compensate' }),
        );
        await eventually(() => stage.stoppable.asked.includes('compensateAction b'));
        await stop(stage, workflowId).catch(() => {}); // An abort is refused by now, a cancel stops nothing.
        open();
        return workflowId;
      },
      ends: { status: 'failed', failure: { type: 'action.failed' } },
    },
  };
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  ...usual,
  ...refusals,
  ...outages,
  ...engineFaults,
  ...stopped('aborted', abort, 'operator'),
  ...stopped('cancelled', cancel, 'cancellation'),
};
