import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { checkRun, outcome, startBehavior } from '../../client/index.ts';
import type { AgentBehavior } from '../../contract/index.ts';
import type { Config } from '../config.ts';
import { loadDataConverter } from '../data-converter.ts';
import { readObject, runHint } from '../read-input.ts';
import { readRunKeys } from '../read-run-keys.ts';
import { findTemporal } from '../temporal-connection.ts';

/** As typed: all of them are needed. */
export interface RunOptions {
  readonly org: string;
  readonly pipe: string;
  readonly behavior: string;
  readonly input: string;
}

/** Starts one run and prints its outcome as JSON; exit code 1 when it failed. */
export async function runCommand(options: RunOptions, config: Config): Promise<void> {
  const run = checkRun(toRun(options, readObject('--input', options.input, runHint)));
  const keys = readRunKeys(config);
  const client = await findTemporal().client(await loadDataConverter(config));
  try {
    const { taskQueue } = config;
    const handle = await startBehavior(client, run, { taskQueue, ...(keys === null ? {} : { keys }) });
    process.stderr.write(`${handle.workflowId} is running …\n`);
    const ended = await outcome(client, handle.workflowId);
    process.stdout.write(`${JSON.stringify(ended, null, 2)}\n`);
    if (ended.status !== 'failed') return;
    process.exitCode = 1;
    process.stderr.write(`byom: ${await messageOf(handle)}\n`);
  } finally {
    await client.connection.close();
  }
}

/** Why it failed and what to do, in the words that Temporal shows too. */
async function messageOf(handle: WorkflowHandle<AgentBehavior>): Promise<string> {
  try {
    await handle.result();
  } catch (error) {
    if (error instanceof WorkflowFailedError && error.cause !== undefined)
      return error.cause.message.replaceAll(/\s*\n\s*/g, ' ');
  }
  return 'The run failed.';
}

/** The file is a run; the options name its organization, pipe and Behavior. Without an event it gets one of its own. */
function toRun({ org, pipe, behavior }: RunOptions, input: Readonly<Record<string, unknown>>): unknown {
  const own = { id: randomUUID(), type: 'manually_triggered' };
  const described = { ...(input['behavior'] as object | undefined), id: behavior };
  return { version: 1, event: own, ...input, org, pipe, behavior: described };
}
