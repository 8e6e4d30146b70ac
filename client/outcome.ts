import { WorkflowFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { outcomeMemo } from '../contract/index.ts';
import type { AgentBehavior, RunOutcome } from '../contract/index.ts';

/** A run that was terminated or timed out in Temporal has no outcome of its own. */
export class NoOutcome extends Error {
  override readonly name = 'NoOutcome';
  readonly workflowId: string;

  constructor(workflowId: string, how: 'terminated' | 'timed out' | 'failed') {
    super(`no-outcome: the run was ${how} in Temporal.`);
    this.workflowId = workflowId;
  }
}

/**
 * Waits for a run to end and returns its outcome, however it ended: completed, partial, failed or aborted. Follows a
 * reset to the run that replaced it. Throws `NoOutcome` for a run that was terminated or timed out.
 */
export async function outcome(client: Client, workflowId: string): Promise<RunOutcome> {
  for (;;) {
    const handle = client.workflow.getHandle<AgentBehavior>(workflowId);
    const { runId } = await handle.describe();
    try {
      return await client.workflow.getHandle<AgentBehavior>(workflowId, runId).result();
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error;
      const now = await handle.describe();
      if (now.runId !== runId) continue;
      return outcomeOfFailure(error.cause, now.memo, workflowId);
    }
  }
}

function outcomeOfFailure(
  cause: unknown,
  memo: Readonly<Record<string, unknown>> | undefined,
  workflowId: string,
): RunOutcome {
  const kept = cause instanceof ApplicationFailure ? cause.details?.[0] : memo?.[outcomeMemo];
  const ours = cause instanceof ApplicationFailure || cause instanceof CancelledFailure;
  if (ours && isOutcome(kept)) return kept;
  if (cause instanceof TerminatedFailure) throw new NoOutcome(workflowId, 'terminated');
  throw new NoOutcome(workflowId, cause instanceof TimeoutFailure ? 'timed out' : 'failed');
}

function isOutcome(value: unknown): value is RunOutcome {
  return typeof value === 'object' && value !== null && 'hops' in value && 'status' in value;
}
