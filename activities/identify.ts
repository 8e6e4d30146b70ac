import { activityInfo } from '@temporalio/activity';
import { verifyRun, verifyTicket } from '../client/index.ts';
import type { RunKeys } from '../client/index.ts';
import { Failure, platformOrg } from '../contract/index.ts';
import type { BehaviorRun, Claimed, RunRequest } from '../contract/index.ts';
import type { RunIdentity } from '../registry/index.ts';

/**
 * On whose behalf this is asked: from the ticket and Temporal's own ids, before any look at the registry. With the run
 * at hand its digest is checked too, so the ticket covers what will be sent. Throws `run.unsigned`.
 */
export function identify(
  keys: RunKeys | null,
  request: RunRequest,
  run: BehaviorRun | null = null,
): RunIdentity {
  const { workflowId, runId } = workflowExecution();
  const { org, pipe, behavior, dataClass } = claimedBy(keys, request, workflowId, run);
  const { firstRunId, askedAtMs, round } = request;
  return { org, pipe, behavior, dataClass, workflowId, runId, firstRunId, askedAtMs, round };
}

/** What may be believed of a request: with keys the ticket alone, without them what request and run agree on. */
export function claimedBy(
  keys: RunKeys | null,
  request: Pick<RunRequest, 'ticket' | 'claimed'>,
  workflowId: string,
  run: BehaviorRun | null,
): Claimed {
  return keys === null ? believed(request.claimed, run) : vouched(keys, request, workflowId, run);
}

function vouched(
  keys: RunKeys,
  { ticket }: Pick<RunRequest, 'ticket'>,
  workflowId: string,
  run: BehaviorRun | null,
): Claimed {
  const claims = verifyTicket(ticket, workflowId, keys);
  if (run !== null) verifyRun(run, claims);
  return claims;
}

/** Without keys the run itself is believed, but never to be the platform, and never two things at once. */
function believed(claimed: Claimed, run: BehaviorRun | null): Claimed {
  const same =
    run === null ||
    (run.org === claimed.org &&
      run.pipe === claimed.pipe &&
      run.behavior.id === claimed.behavior &&
      run.behavior.dataClass === claimed.dataClass);
  if (!same || claimed.org === platformOrg)
    throw new Failure('run.unsigned', 'The request and its run do not agree.');
  return claimed;
}

function workflowExecution(): { readonly workflowId: string; readonly runId: string } {
  const { workflowExecution: execution } = activityInfo();
  if (execution === undefined) throw new Failure('run.unsigned', 'Only a workflow may ask this.');
  return execution;
}
