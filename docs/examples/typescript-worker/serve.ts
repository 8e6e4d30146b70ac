import { NativeConnection } from '@temporalio/worker';
import { createWorker } from './worker.js';

/** Serves until SIGTERM or Ctrl-C; calls of up to 90 s are waited for. */
async function serve(): Promise<void> {
  const connection = await NativeConnection.connect({
    address: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233',
  });
  const worker = await createWorker(connection, { taskQueue: 'byom', allowedRanges: [] });
  await worker.run();
  await connection.close();
}

void serve();
