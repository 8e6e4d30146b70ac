import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { ByomPlugin } from '../../worker/index.ts';
import type { ByomPluginOptions } from '../../worker/index.ts';
import type { Served } from './served.ts';

/** A worker of ours beside the one that `serve` started, on the same registry. */
export interface OwnWorker {
  readonly taskQueue: string;
  close(): Promise<void>;
}

export interface OwnWorkerOptions extends Partial<WorkerOptions> {
  readonly plugin?: Partial<ByomPluginOptions>;
}

/** Starts one with what is said otherwise than for the usual one; by default it has a queue of its own. */
export async function startWorker(
  { temporal, urls, openKeys: credentialKeys, runKeys }: Served,
  { plugin, taskQueue = `own-${randomUUID()}`, ...options }: OwnWorkerOptions = {},
): Promise<OwnWorker> {
  const connection = await NativeConnection.connect({ address: temporal.address });
  const guard = { allowedRanges: ['127.0.0.0/8'] };
  const usual = {
    databaseUrl: urls.worker,
    credentialKeys,
    runKeys,
    guard,
    readableHistory: 'allow',
  } as const;
  const worker = await Worker.create({
    connection,
    taskQueue,
    plugins: [new ByomPlugin({ ...usual, ...plugin })],
    workflowBundle: { codePath: process.env['BYOM_TEST_BUNDLE'] ?? '' },
    ...options,
  });
  const ended = worker.run();
  ended.catch(() => {}); // Thrown to whoever closes it.
  return {
    taskQueue,
    async close() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}

/** The same for as long as `work` takes. */
export async function withWorker(
  served: Served,
  options: OwnWorkerOptions,
  work: (taskQueue: string) => Promise<unknown>,
): Promise<void> {
  const worker = await startWorker(served, options);
  try {
    await work(worker.taskQueue);
  } finally {
    await worker.close();
  }
}
