import { outcome } from '../../client/index.ts';
import type { Action, BehaviorRun, RunOutcome } from '../../contract/index.ts';
import { resetRun } from '../support/reset-run.ts';
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
  served: Served,
  behaviorRun: BehaviorRun,
): Promise<{ readonly workflowId: string; readonly ended: RunOutcome }> {
  const workflowId = await served.start(behaviorRun);
  return { workflowId, ended: await outcome(served.client, workflowId) };
}

/** What an operator does to run everything again: the model is called anew, with the same keys for the actions. */
export async function resetToStart({ client }: Served, workflowId: string): Promise<RunOutcome> {
  await resetRun(client, workflowId);
  return outcome(client, workflowId);
}
