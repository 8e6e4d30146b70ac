import type { RunKeys } from '../client/index.ts';
import type { BehaviorRun, Claimed } from '../contract/index.ts';
import { claimedBy } from './identify.ts';

/**
 * On whose behalf a closed workflow ran, from the arguments it was started with: believed as little as those of a running
 * one. Throws `run.unsigned`.
 */
export function identifyClosed(
  keys: RunKeys | null,
  workflowId: string,
  run: BehaviorRun,
  ticket: string | null,
): Claimed {
  const claimed: Claimed = {
    org: run.org,
    pipe: run.pipe,
    behavior: run.behavior.id,
    dataClass: run.behavior.dataClass,
  };
  return claimedBy(keys, { ticket, claimed }, workflowId, run);
}
