import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import {
  Failure,
  defaultTaskQueue,
  digestMemo,
  searchAttributeNames,
  startTags,
  workflowIdOf,
  workflowType,
} from '../contract/index.ts';
import type { AgentBehavior, BehaviorRun } from '../contract/index.ts';
import { digestOf } from './canonical-json.ts';
import { checkRun } from './check-run.ts';
import type { RunKeys } from './run-keys.ts';
import { signTicket } from './ticket.ts';

export interface StartOptions {
  /** Signs the run. Without keys only a worker that serves unsigned runs will take it. */
  readonly keys?: RunKeys;
  /** Where the `pipe-byom` workers poll; `byom` by default. */
  readonly taskQueue?: string;
  /** False: do not compare with the run that this event started before. */
  readonly check?: boolean;
}

/**
 * Starts one run of a Behavior for one trigger event, or attaches to the one this event has started before, running or
 * closed. Throws before anything is started: `run.invalid` with the path of the fault, `run.too-large`, `run.unsigned`;
 * and `run.invalid` when the event was used before for another run.
 */
export async function startBehavior(
  client: Client,
  value: BehaviorRun,
  { keys, taskQueue = defaultTaskQueue, check = true }: StartOptions = {},
): Promise<WorkflowHandle<AgentBehavior>> {
  const run = checkRun(value);
  const workflowId = workflowIdOf(run.org, run.behavior.id, run.event.id);
  const ticket = keys === undefined ? null : signTicket(run, workflowId, keys);
  const digest = digestOf(run);
  try {
    return await client.workflow.start<AgentBehavior>(workflowType, {
      workflowId,
      taskQueue,
      args: [run, ticket],
      // FAIL rather than USE_EXISTING: it attaches all the same, and only then costs a look at the other run.
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      memo: { [digestMemo]: digest },
      staticSummary: `${run.behavior.name}, card ${run.card.id}`.slice(0, 200),
      priority: { fairnessKey: fairnessKeyOf(run.org) },
      typedSearchAttributes: (await areRegistered(client)) ? startAttributes(run) : [],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return attach(client, workflowId, check ? digest : null);
  }
}

async function attach(
  client: Client,
  workflowId: string,
  digest: string | null,
): Promise<WorkflowHandle<AgentBehavior>> {
  const handle = client.workflow.getHandle<AgentBehavior>(workflowId);
  if (digest === null) return handle;
  const { memo } = await handle.describe();
  if (memo?.[digestMemo] !== digest)
    throw new Failure(
      'run.invalid',
      'event.id: this event has started another run of this Behavior before (run-differs).',
    );
  return handle;
}

const keys = {
  status: defineSearchAttributeKey(searchAttributeNames.status, SearchAttributeType.KEYWORD),
  org: defineSearchAttributeKey(searchAttributeNames.org, SearchAttributeType.KEYWORD),
  tags: defineSearchAttributeKey(searchAttributeNames.tags, SearchAttributeType.KEYWORD_LIST),
};

function startAttributes(run: BehaviorRun): SearchAttributePair[] {
  return [
    { key: keys.status, value: 'running' },
    { key: keys.org, value: run.org },
    { key: keys.tags, value: [...startTags(run)] },
  ];
}

const registered = new WeakMap<Client, Promise<boolean>>();

/**
 * Setting an attribute that the namespace does not know would fail the start, and not every client may ask: a run without
 * search attributes is a run all the same. Asked until they are there, since an engine may be up before the first worker.
 */
async function areRegistered(client: Client): Promise<boolean> {
  // Many runs that start at once share one question.
  const asked = registered.get(client) ?? askRegistered(client).catch(() => false);
  registered.set(client, asked);
  const found = await asked;
  if (!found) registered.delete(client);
  return found;
}

async function askRegistered({ options: { namespace }, connection }: Client): Promise<boolean> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributeNames).every((name) => Object.hasOwn(customAttributes ?? {}, name));
}

/** Temporal keeps 64 bytes of a fairness key; a longer organization id is stood for by its digest. */
export function fairnessKeyOf(org: string): string {
  return Buffer.byteLength(org) <= 64 ? org : digestOf(org);
}
