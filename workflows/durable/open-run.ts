import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { BehaviorRun, RunState } from '../../contract/index.ts';
import type { DurableSteps, OpenRun } from '../run/durable-steps.ts';
import { previewOf } from '../run/requests.ts';
import type { Asker } from '../run/requests.ts';
import { begin } from '../run/state.ts';
import { keepTrail } from '../run/trail.ts';
import { abortable } from './abortable.ts';
import { actionSteps } from './actions.ts';
import { openBoard } from './board.ts';
import * as messages from './messages.ts';
import { modelSteps } from './models.ts';
import { openDesk } from './operator-desk.ts';
import { waitingSteps } from './waiting.ts';

export interface OpenedRun extends OpenRun {
  /** The event to reset to, so that the registry is asked anew: the workflow task that is running now. */
  readonly resetEventId: number;
}

/** A run bound to Temporal: a new trail or the one that continue-as-new carried over, and a desk for its operators. */
export function openRun(run: BehaviorRun, ticket: string | null, carried?: RunState): OpenedRun {
  const { workflowId, runId, firstExecutionRunId: firstRunId, historyLength } = workflowInfo();
  const asker: Asker = { run, ticket, workflowId, runId, firstRunId };
  // The length counts up to the task's own start; the event that a reset names is the one that will complete it.
  const resetEventId = historyLength + 1;
  const nowMs = (): number => Date.now();
  const trail = keepTrail(carried ?? begin(nowMs()), nowMs, openBoard(run));
  setHandler(messages.state, () => trail.state, { description: 'All that the run knows about itself.' });

  const models = modelSteps();
  const work = abortable(trail);
  openDesk(trail, {
    abort: work.abort,
    preview: (order) => models.resolve(previewOf(asker, trail.state, order, nowMs())),
  });
  const durable: DurableSteps = {
    untilAborted: work.untilAborted,
    ...models,
    ...actionSteps(run, trail),
    ...waitingSteps(asker, trail),
  };
  return { asker, trail, durable, nowMs, resetEventId };
}
