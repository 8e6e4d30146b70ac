import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { ActionDone, ActionRequest, CompensateRequest, RunOutcome } from '../../contract/index.ts';

/** An engine whose answers a test decides; it keeps what it was asked. */
export interface ScriptedEngine {
  readonly taskQueue: string;
  readonly executed: ActionRequest[];
  readonly compensated: CompensateRequest[];
  readonly news: { readonly workflowId: string; readonly outcome: RunOutcome }[];
  /** By the action's referenceId; done where nothing is said. */
  on(referenceId: string, answer: (request: ActionRequest) => Promise<ActionDone> | ActionDone): void;
  /** What happens before an action is taken back. */
  onUndo(referenceId: string, before: () => void): void;
  close(): Promise<void>;
}

export async function startScriptedEngine(taskQueue: string): Promise<ScriptedEngine> {
  const connection = await NativeConnection.connect({
    address: process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '',
  });
  const answers = new Map<string, (request: ActionRequest) => Promise<ActionDone> | ActionDone>();
  const undoing = new Map<string, () => void>();
  const executed: ActionRequest[] = [];
  const compensated: CompensateRequest[] = [];
  const news: { readonly workflowId: string; readonly outcome: RunOutcome }[] = [];
  const worker = await Worker.create({
    connection,
    taskQueue,
    activities: {
      async executeAction(request: ActionRequest): Promise<ActionDone> {
        executed.push(request);
        const { referenceId } = request.action;
        return (await answers.get(referenceId)?.(request)) ?? { status: 'done', undo: { of: referenceId } };
      },
      async compensateAction(request: CompensateRequest): Promise<void> {
        compensated.push(request);
        undoing.get(request.action.referenceId)?.();
      },
      async behaviorFinished(one: { workflowId: string; outcome: RunOutcome }): Promise<void> {
        news.push(one);
      },
    },
  });
  const ended = worker.run();
  return {
    taskQueue,
    executed,
    compensated,
    news,
    on: (referenceId, answer) => answers.set(referenceId, answer),
    onUndo: (referenceId, before) => undoing.set(referenceId, before),
    async close() {
      worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}

/** A fault that no retry mends, in the engine's own word. */
export function actionFailed(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('The phase cannot be reached.', 'action.failed');
}
