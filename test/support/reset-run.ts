import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';

/** Of a run that did not fail: the first workflow task, in which the registry was asked for the first time. */
export const firstTask = 4;

/** What the Temporal UI does when an operator resets a run to an event. */
export async function resetRun(client: Client, workflowId: string, eventId = firstTask): Promise<void> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const event = events?.find((one) => Number(one.eventId) === eventId);
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    reason: 'corrected',
    requestId: randomUUID(),
    workflowTaskFinishEventId: event?.eventId ?? null,
  });
}
