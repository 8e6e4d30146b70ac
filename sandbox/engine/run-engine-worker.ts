import type { NativeConnection } from '@temporalio/worker';
import type { PipeEngine } from './engine.ts';

/** A worker of the engine's own: activities only, on its own task queue. `close` waits for those that run. */
export interface EngineWorker {
  close(): Promise<void>;
}

export async function runEngineWorker(
  connection: NativeConnection,
  taskQueue: string,
  engine: Pick<PipeEngine, 'activities'>,
  namespace = 'default',
): Promise<EngineWorker> {
  const { Worker } = await import('@temporalio/worker');
  const worker = await Worker.create({ connection, namespace, taskQueue, activities: engine.activities });
  const ended = worker.run();
  // Seen by whoever closes it; a rejection that nobody awaits yet would end the process.
  ended.catch(() => {});
  return {
    async close() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}
