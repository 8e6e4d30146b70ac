import { outcome, startBehavior } from '../../client/index.ts';
import type { Action, BehaviorRun, RunOutcome } from '../../contract/index.ts';
import { planRun } from '../support/served.ts';
import type { Served } from '../support/served.ts';

/** What the example engines are asked for, whatever language they are written in. */
export const card = {
  id: 'c1',
  title: 'A request',
  fields: [{ id: '7', label: 'answer', type: 'short_text' }],
};

export function move(referenceId: string, destinationPhaseId: string): Action {
  return {
    referenceId,
    actionType: 'move_card',
    name: `Move to ${destinationPhaseId}`,
    metadata: { destinationPhaseId },
  };
}

export const email: Action = {
  referenceId: 'email',
  actionType: 'send_email_template',
  name: 'An action that this engine does not have',
  metadata: { emailTemplateId: 'welcome' },
};

export function runWith(
  queue: string,
  actions: readonly Action[],
  over: Parameters<typeof planRun>[2],
): BehaviorRun {
  const instruction = actions.map(({ referenceId }) => `%{action:${referenceId}}`).join(', then ');
  return { ...planRun('acme', queue, { ...over, instruction, actions }), card };
}

export async function play(
  { client, runKeys: keys, taskQueue }: Served,
  behaviorRun: BehaviorRun,
): Promise<{ readonly workflowId: string; readonly ended: RunOutcome }> {
  const { workflowId } = await startBehavior(client, behaviorRun, { keys, taskQueue });
  return { workflowId, ended: await outcome(client, workflowId) };
}

/** What an operator does to run everything again: the model is called anew, with the same keys for the actions. */
export async function resetToStart({ client }: Served, workflowId: string): Promise<RunOutcome> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const first = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    workflowTaskFinishEventId: first?.eventId ?? null,
    requestId: workflowId,
    reason: 'once more',
  });
  return outcome(client, workflowId);
}
