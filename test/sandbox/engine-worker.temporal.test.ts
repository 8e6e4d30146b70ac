import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  ActivityFailure,
  type ApplicationFailure,
  Client,
  Connection,
  WorkflowFailedError,
} from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { ActionDone, ActionRequest } from '../../contract/index.ts';
import { runEngineWorker } from '../../sandbox/engine/run-engine-worker.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { itTriage } from '../../sandbox/use-cases/it-triage.ts';
import { moveTo } from '../../sandbox/use-cases/use-case.ts';
import type { actOnce } from './act-once.ts';
import { neverStarts, openEngine, requestOf } from './open-engine.ts';

const logger = new DefaultLogger('ERROR');

beforeAll(() => {
  Runtime.install({ logger, shutdownSignals: [] });
});
afterAll(() => Runtime.instance().shutdown());

test('a workflow reaches the engine over its own task queue, and a refusal comes back typed', async () => {
  const address = process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '';
  const open = await openEngine(neverStarts);
  const [pipe] = itTriage.pipes;
  await open.engine.install(pipe!);
  const card = await open.engine.createCard(pipe!, { fields: { '900001101': 'Dead keys' } });
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const [engineQueue, taskQueue] = [randomUUID(), randomUUID()];
  const engineWorker = await runEngineWorker(native, engineQueue, open.engine);
  const workflowsPath = join(findPackageRoot(), 'test', 'sandbox', 'act-once.ts');
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle });
  const client = new Client({ connection });

  function run(request: ActionRequest): Promise<ActionDone> {
    const options = {
      taskQueue,
      workflowId: randomUUID(),
      args: [engineQueue, request] as [string, ActionRequest],
    };
    return client.workflow.execute<typeof actOnce>('actOnce', options);
  }
  await worker.runUntil(async () => {
    const move = moveTo('a-move', 'Move', '900001011');
    expect(await run(requestOf({ card, action: move }))).toMatchObject({ status: 'done' });
    expect(await run(requestOf({ card, action: move }))).toMatchObject({ status: 'already-done' });
    const back = moveTo('a-back', 'Back', '900001010');
    const refused = await run(requestOf({ card, action: back })).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WorkflowFailedError);
    const activity = (refused as WorkflowFailedError).cause;
    expect(activity).toBeInstanceOf(ActivityFailure);
    const cause = (activity as ActivityFailure).cause as ApplicationFailure;
    expect([cause.type, cause.nonRetryable]).toEqual(['action.failed', true]);
  });
  expect((await open.engine.card(card))?.phase).toBe('900001011');
  await engineWorker.close();
  await native.close();
  await connection.close();
  await open.close();
});
