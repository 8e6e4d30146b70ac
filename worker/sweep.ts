import { isGrpcServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { identifyClosed } from '../activities/index.ts';
import type { ActivityOptions } from '../activities/index.ts';
import { Failure, workflowType } from '../contract/index.ts';
import type { BehaviorRun } from '../contract/index.ts';
import type { OpenRegistry } from '../registry/index.ts';
import { lostDraft } from './lost-draft.ts';

export interface SweepOptions {
  /** With the worker's own data converter: whether a run is vouched for is read from its arguments. */
  readonly client: Client;
  /** Runs of other task queues are other workers' to record. */
  readonly taskQueue: string;
  readonly runKeys: ActivityOptions['runKeys'];
  readonly registry: Pick<OpenRegistry, 'recordLost' | 'sweepStale'>;
  /** What was closed longer ago than this when the worker started was another worker's to record. Milliseconds. */
  readonly lookBackMs?: number;
  /** A call that was under way when its run was ended may still be settled. Milliseconds. */
  readonly graceMs?: number;
}

/** Records what runs that were terminated or timed out in Temporal cannot record themselves, and deletes what is stale. */
export interface Sweep {
  /**
   * Looks once at what was closed since the last look, one run after the other, until `signal` is aborted. Returns how many
   * outcomes it wrote. Throws where Temporal or Postgres does not answer; the next look begins where this one began.
   */
  look(signal?: AbortSignal): Promise<number>;
  /**
   * Deletes what nobody asks for any more, of all organizations, batch after batch until `signal` is aborted. Throws where
   * Postgres does not answer, and where its schema is the one before that.
   */
  forget(signal?: AbortSignal): Promise<void>;
}

/** Temporal's own name for what is in the list of a namespace is visibility; it may be late by seconds. */
const visibilityLagMs = 60_000;
const lookBackDefaultMs = 24 * 60 * 60 * 1_000;
const graceDefaultMs = 10_000;

export function createSweep(options: SweepOptions): Sweep {
  const { client, taskQueue, lookBackMs = lookBackDefaultMs, graceMs = graceDefaultMs } = options;
  let sinceMs = Date.now() - lookBackMs;
  return {
    async look(signal) {
      const untilMs = Date.now() - graceMs;
      let recorded = 0;
      for await (const closed of client.workflow.list({ query: lostBetween(taskQueue, sinceMs, untilMs) })) {
        if (signal?.aborted === true) return recorded;
        const { workflowId, runId, closeTime } = closed;
        const lost = { workflowId, runId, closedAtMs: closeTime?.getTime() ?? untilMs };
        if (await recordLost(options, lost)) recorded += 1;
      }
      sinceMs = Math.max(sinceMs, untilMs - visibilityLagMs);
      return recorded;
    },
    async forget(signal) {
      while (signal?.aborted !== true && (await options.registry.sweepStale()));
    },
  };
}

interface Lost {
  readonly workflowId: string;
  readonly runId: string;
  readonly closedAtMs: number;
}

/** False for what is not ours to record: nobody vouches for it, it is on record, or Temporal has forgotten it meanwhile. */
async function recordLost(
  { client, registry, runKeys }: SweepOptions,
  { workflowId, runId, closedAtMs }: Lost,
): Promise<boolean> {
  try {
    const started = await readStart(client, workflowId, runId);
    const [run, ticket] = started.arguments as [BehaviorRun, string | null];
    const { org, pipe, behavior, dataClass } = identifyClosed(runKeys, workflowId, run, ticket);
    const draft = lostDraft(await readEvent(client, workflowId, runId, 'close'));
    // Later than anything this execution asked, and earlier than anything that an execution after it will ask.
    const identity = { org, pipe, behavior, dataClass, workflowId, runId, askedAtMs: closedAtMs, round: 0 };
    return await registry.recordLost({ ...identity, firstRunId: started.firstRunId, draft });
  } catch (error) {
    if (error instanceof Failure && error.type === 'registry.unavailable') throw error;
    if (isGrpcServiceError(error) && error.code !== notFound) throw error;
    return false;
  }
}

/** gRPC's code for what retention has removed. */
const notFound = 5;

async function readStart(client: Client, workflowId: string, runId: string) {
  const event = await readEvent(client, workflowId, runId, 'start');
  const { input, firstExecutionRunId } = event.workflowExecutionStartedEventAttributes ?? {};
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let payloads = [...(input?.payloads ?? [])];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  return {
    arguments: payloads.map((payload) => payloadConverter.fromPayload<unknown>(payload)),
    firstRunId: firstExecutionRunId ?? runId,
  };
}

/** `temporal.api.enums.v1.HistoryEventFilterType` */
const filters = { start: 1, close: 2 } as const;

/** One event, however long the history is. */
async function readEvent(client: Client, workflowId: string, runId: string, which: keyof typeof filters) {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    historyEventFilterType: filters[which],
    maximumPageSize: 1,
  });
  const [event] = history?.events ?? [];
  return event ?? {};
}

function lostBetween(taskQueue: string, sinceMs: number, untilMs: number): string {
  const at = (ms: number): string => `'${new Date(ms).toISOString()}'`;
  return [
    `WorkflowType = '${workflowType}'`,
    `TaskQueue = '${taskQueue.replaceAll("'", "''")}'`,
    "ExecutionStatus IN ('Terminated', 'TimedOut')",
    `CloseTime > ${at(sinceMs)}`,
    `CloseTime <= ${at(untilMs)}`,
  ].join(' AND ');
}
