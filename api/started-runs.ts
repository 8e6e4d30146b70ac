import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { abortRun } from '../client/index.ts';
import { askTemporal } from './ask-temporal.ts';
import { Problem } from './problem.ts';

/** Whether Temporal has such a run. Throws `unavailable`. */
export async function isStarted(client: Client, workflowId: string): Promise<boolean> {
  try {
    await askTemporal(client, () => client.workflow.getHandle(workflowId).describe());
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Stops a run and takes its actions back. Throws `conflict` where it is too late, and `unavailable`. */
export async function stopRun(client: Client, workflowId: string, reason: string): Promise<void> {
  try {
    await askTemporal(client, () => abortRun(client, workflowId, { reason }));
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError)) throw error;
    throw new Problem('conflict', 'The run is over, or too far on to be stopped.');
  }
}
