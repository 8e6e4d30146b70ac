import type { Client } from '@temporalio/client';
import { messageNames } from '../contract/index.ts';
import type { Abort, Accepted, AgentBehavior, RunState } from '../contract/index.ts';

/** All that a run knows about itself: phase, hops, effects. Needs a worker; works on closed runs too. */
export function runState(client: Client, workflowId: string): Promise<RunState> {
  return client.workflow.getHandle<AgentBehavior>(workflowId).query<RunState>(messageNames.state);
}

/** Stops a run and takes its actions back. Throws `WorkflowUpdateFailedError` with the reason where it is too late. */
export function abortRun(client: Client, workflowId: string, order: Abort): Promise<Accepted> {
  return client.workflow
    .getHandle<AgentBehavior>(workflowId)
    .executeUpdate<Accepted, [Abort]>(messageNames.abort, { args: [order] });
}
