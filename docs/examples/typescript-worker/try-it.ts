import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import { outcome, parseRunKeys, startBehavior } from 'pipe-byom/client';
import type { BehaviorRun } from 'pipe-byom/contract';
import { startSandboxVendors } from 'pipe-byom/testing';
import { createWorker, need, workflowsPath } from './worker.js';

/** One Behavior run and one workflow of your own through the worker, at a stand-in vendor; both replay afterwards. */
async function tryIt(): Promise<void> {
  const address = need('TEMPORAL_ADDRESS');
  const taskQueue = `try-it-${randomUUID()}`;
  const vendors = await startSandboxVendors();
  register(vendors.url('first'));
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const native = await NativeConnection.connect({ address });
  const worker = await createWorker(native, { taskQueue, allowedRanges: ['127.0.0.0/8'] });
  const answer = await worker.runUntil(async () => {
    const keys = parseRunKeys(need('BYOM_RUN_KEYS'));
    const behavior = await startBehavior(client, summarizeRequest(), { keys, taskQueue });
    const { status, answeredBy, text } = await outcome(client, behavior.workflowId);
    const reminder = await client.workflow.start('remindOwner', {
      taskQueue,
      workflowId: taskQueue,
      args: ['42'],
    });
    return {
      behavior: { status, answeredBy, text },
      reminder: await reminder.result(),
      replayed: [await replay(behavior), await replay(reminder)],
    };
  });
  await native.close();
  await connection.close();
  await vendors.close();
  process.stdout.write(`${JSON.stringify({ node: process.version, ...answer })}\n`);
}

/** What an admin does once: `byom apply` with the address of the vendor. */
function register(vendorUrl: string): void {
  execFileSync('npx', ['--no-install', 'byom', 'apply', 'registry.yaml'], {
    env: { ...process.env, VENDOR_URL: vendorUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function summarizeRequest(): BehaviorRun {
  return {
    version: 1,
    org: 'acme',
    pipe: '900001000',
    engineTaskQueue: 'pipe-engine',
    event: { id: randomUUID(), type: 'card_created' },
    behavior: {
      id: 'b-summary',
      name: 'Summarize the request',
      answer: 'text',
      instruction: 'Summarize %{field:900001101} in one sentence.',
      dataClass: null,
      knowledge: [],
      actions: [],
    },
    card: {
      id: '42',
      title: 'Dead keys',
      fields: [
        { id: '900001101', label: 'title', type: 'short_text', value: 'Laptop keyboard has dead keys' },
      ],
    },
  };
}

/** As a test of yours would: the history, exported as JSON, against the workflows of today. */
async function replay(handle: WorkflowHandle): Promise<string> {
  const exported = historyToJSON(await handle.fetchHistory());
  await Worker.runReplayHistory({ workflowsPath }, JSON.parse(exported), handle.workflowId);
  return handle.workflowId;
}

tryIt().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
