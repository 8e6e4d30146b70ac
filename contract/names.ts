import type { BehaviorRun } from './run.ts';

/** The stable names under which our parts meet on a Temporal server. Each is a contract: histories hold them. */
export const workflowType = 'agentBehavior';
export const defaultTaskQueue = 'byom';
/** The reserved organization whose models are the platform's own AI. */
export const platformOrg = 'platform';

/** One trigger event of one Behavior is one workflow, however often the engine delivers it. */
export function workflowIdOf(org: string, behavior: string, event: string): string {
  return ['byom', ...[org, behavior, event].map((part) => encodeURIComponent(part))].join(':');
}

/** Created by `worker/`, set at the start by `client/`, kept current by `workflows/`, asked for by the API. */
export const searchAttributeNames = { status: 'ByomStatus', org: 'ByomOrg', tags: 'ByomTags' } as const;

/** What a run is tagged with from its start; `workflows/` adds to these, and only a difference costs an event. */
export function startTags(run: BehaviorRun): readonly string[] {
  return [`behavior:${run.behavior.id}`, `pipe:${run.pipe}`, `card:${run.card.id}`];
}

/** The memo key under which a run's digest is kept, so that a second start can tell whether it is the same run. */
export const digestMemo = 'byomDigest';
/** The memo key under which a cancelled run leaves its outcome: Temporal drops the details of a cancellation. */
export const outcomeMemo = 'byomOutcome';
