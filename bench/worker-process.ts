import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { parseOpenKeys } from '../registry/index.ts';
import { ByomPlugin } from '../worker/index.ts';
import { endWithStarter } from './own-process.ts';

export interface WorkerToStart {
  readonly databaseUrl: string;
  readonly openRing: string;
  readonly temporalAddress: string;
}

export interface WorkerStarted {
  /** From the plugin's making to the worker's polling, milliseconds: connection and bundle included. */
  readonly startMs: number;
  /** The same from the start of the process: Node and all modules included. */
  readonly processMs: number;
}

let close = async (): Promise<void> => {};
endWithStarter(() => close());
const [{ databaseUrl, openRing, temporalAddress }] = (await once(process, 'message')) as [WorkerToStart];
Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
const startedMs = performance.now();
const plugin = new ByomPlugin({
  readableHistory: 'allow',
  databaseUrl,
  credentialKeys: parseOpenKeys(openRing),
  runKeys: null,
  unsignedRuns: 'allow',
});
const connection = await NativeConnection.connect({ address: temporalAddress });
const worker = await Worker.create({ connection, taskQueue: 'bench-start', plugins: [plugin] });
const ended = worker.run();
while (worker.getState() === 'INITIALIZED') await Promise.race([ended, sleep(1)]);
const processMs = performance.now();
close = async () => {
  worker.shutdown();
  await ended;
  await connection.close();
};
const started: WorkerStarted = { startMs: processMs - startedMs, processMs };
process.send?.(started);
