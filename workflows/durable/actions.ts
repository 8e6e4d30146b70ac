import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { BehaviorRun, EngineActivities } from '../../contract/index.ts';
import type { ActionResult, DurableSteps } from '../run/durable-steps.ts';
import { actionTimeoutMs } from '../run/requests.ts';
import type { Trail } from '../run/trail.ts';

const retry = { maximumInterval: '1m' } as const;

/**
 * `executeAction` and `compensateAction`, on the engine's own task queue. There is no limit on waiting for a worker of
 * the engine: while none polls, the run stays pending and its details say so.
 */
export function actionSteps(run: BehaviorRun, trail: Trail): Pick<DurableSteps, 'act' | 'undo'> {
  const engine = proxyActivities<EngineActivities>({
    taskQueue: run.engineTaskQueue,
    startToCloseTimeout: '60s',
    retry,
  });
  return {
    async act(request) {
      const scheduleToCloseTimeout = actionTimeoutMs(trail.state);
      try {
        const { status, fields, undo } = await engine.executeAction.executeWithOptions(
          { summary: request.action.name, scheduleToCloseTimeout },
          [request],
        );
        return { status, fields: fields ?? null, undo: undo ?? null };
      } catch (error) {
        if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
        return lostAction(error);
      }
    },
    undo: (request) =>
      CancellationScope.nonCancellable(async () => {
        const summary = `take back: ${request.action.name}`;
        try {
          await engine.compensateAction.executeWithOptions({ summary }, [request]);
          return 'undone';
        } catch (error) {
          // The engine's final no to one action must not keep the others from being taken back.
          if (!(error instanceof ActivityFailure)) throw error;
          return 'unknown';
        }
      }),
  };
}

/** Only the engine's own final word says that nothing happened; a time-out may hide an effect. */
function lostAction({ cause }: ActivityFailure): ActionResult {
  const clean = cause instanceof ApplicationFailure && cause.nonRetryable === true;
  return { status: clean ? 'failed' : 'unknown', fields: null, undo: null };
}
