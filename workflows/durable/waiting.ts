import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { AgentBehavior } from '../../contract/index.ts';
import type { DurableSteps } from '../run/durable-steps.ts';
import type { Asker } from '../run/requests.ts';
import type { Trail } from '../run/trail.ts';

/** Waiting that a message can end. Parking alone may continue as new: nothing is under way then. */
export function waitingSteps({ run, ticket }: Asker, trail: Trail): Pick<DurableSteps, 'wait' | 'park'> {
  const untilNews = async (delayMs: number, summary: string): Promise<void> => {
    await condition(() => trail.state.stale, delayMs, { summary });
  };
  return {
    wait: (delayMs) => untilNews(delayMs, 'a moment, then the registry again'),
    async park(delayMs) {
      const { continueAsNewSuggested, targetWorkerDeploymentVersionChanged } = workflowInfo();
      if (continueAsNewSuggested || targetWorkerDeploymentVersionChanged) {
        await condition(allHandlersFinished);
        await continueAsNew<AgentBehavior>(run, ticket, trail.state);
      }
      await untilNews(delayMs, 'next look at the registry');
    },
  };
}
