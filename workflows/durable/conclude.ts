import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  proxyActivities,
  upsertMemo,
} from '@temporalio/workflow';
import { outcomeMemo } from '../../contract/index.ts';
import type { EngineActivities, RunOutcome } from '../../contract/index.ts';
import { failureMessage } from '../run/labels.ts';
import type { OpenedRun } from './open-run.ts';

/** Ends the workflow so that Temporal shows what the run came to: Completed, Failed with a readable type, or Canceled. */
export async function conclude(outcome: RunOutcome, opened: OpenedRun): Promise<RunOutcome> {
  // Most runs have nothing to wait for, and each promise of a workflow costs its worker.
  if (opened.asker.run.notify === true || !allHandlersFinished())
    await CancellationScope.nonCancellable(() => leave(outcome, opened));
  const { ending } = opened.trail.state;
  if (ending?.how === 'aborted' && ending.by === 'cancellation') {
    upsertMemo({ [outcomeMemo]: outcome }); // The SDK drops the details of a cancellation.
    throw new CancelledFailure(ending.reason);
  }
  if (outcome.failure === null) return outcome;
  const failure = ApplicationFailure.create({
    type: outcome.failure.type,
    message:
      ending?.how === 'refused'
        ? ending.message
        : failureMessage(outcome.failure, opened.asker.workflowId, opened.resetEventId),
    nonRetryable: true,
    details: [outcome],
  });
  failure.stack = '';
  throw failure;
}

async function leave(outcome: RunOutcome, opened: OpenedRun): Promise<void> {
  if (opened.asker.run.notify === true) await tellEngine(outcome, opened);
  await condition(allHandlersFinished);
}

/** News for the engine, where it asked for it: tried for a while, then dropped, since the outcome is on record. */
async function tellEngine(outcome: RunOutcome, { asker: { run, workflowId } }: OpenedRun): Promise<void> {
  const engine = proxyActivities<EngineActivities>({
    taskQueue: run.engineTaskQueue,
    scheduleToCloseTimeout: '5m',
  });
  try {
    await engine.behaviorFinished({ workflowId, outcome });
  } catch {
    // The engine did not take it; nothing of the run depends on that.
  }
}
