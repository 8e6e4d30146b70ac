import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { ByomPlugin } from '../../worker/index.ts';
import { isLoopback } from '../config.ts';
import type { Config } from '../config.ts';
import { findTemporal } from '../temporal-connection.ts';
import type { TemporalPlace } from '../temporal-connection.ts';

export async function workerCommand(config: Config): Promise<void> {
  const logger = pino({ base: null });
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const known = level.toLowerCase() as 'info';
      logger[known]({ ...meta, error: undefined }, message);
    }),
  });
  const place = findTemporal();
  const runKeys = config.runKeys();
  const plugin = new ByomPlugin({
    databaseUrl: config.workerUrl(),
    credentialKeys: config.openKeys(),
    runKeys,
    ...(runKeys === null && mayServeUnsigned(config, place) ? { unsignedRuns: 'allow' } : {}),
    guard: { allowedRanges: config.allowedRanges },
    warn: (line) => logger.warn(line),
  });
  const connection = await place.native();
  try {
    const worker = await Worker.create({
      connection,
      namespace: place.namespace,
      taskQueue: config.taskQueue,
      plugins: [plugin],
    });
    await worker.run();
  } finally {
    await connection.close();
  }
}

/** Everything on this machine, or the operator's explicit word. */
function mayServeUnsigned(config: Config, { address }: TemporalPlace): boolean {
  const temporalHost = address.replace(/:\d+$/, '');
  return (
    config.unsignedRunsAllowed ||
    (isLoopback(temporalHost) && isLoopback(new URL(config.workerUrl()).hostname))
  );
}
