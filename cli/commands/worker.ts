import { DefaultLogger, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createRegistry } from '../../registry/index.ts';
import { createGuard } from '../../vendors/index.ts';
import { ByomPlugin } from '../../worker/index.ts';
import { isLoopback } from '../config.ts';
import type { Config } from '../config.ts';
import { checkDatabase } from '../reach-database.ts';
import { findTemporal } from '../temporal-connection.ts';
import type { TemporalPlace } from '../temporal-connection.ts';
import { UserError, lineOf } from '../user-error.ts';

export async function workerCommand(config: Config): Promise<void> {
  const logger = pino({ base: null });
  sendTemporalLogsTo(logger);
  const place = findTemporal();
  const plugin = createPlugin(config, place, (line) => logger.warn(line));
  await checkRanges(config);
  await checkRegistry(config);
  const connection = await place.native();
  const worker = await Worker.create({
    connection,
    namespace: place.namespace,
    taskQueue: config.taskQueue,
    plugins: [plugin],
  });
  await worker.run();
  await connection.close();
}

/** Each as one line, without the error that may come along: it quotes what somebody else said. */
function sendTemporalLogsTo(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const known = level.toLowerCase() as 'info';
      const [line] = message.split('\n');
      logger[known]({ ...meta, error: undefined }, line);
    }),
    // Temporal's own core would write to the terminal in a form of its own.
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) } },
  });
}

function createPlugin(config: Config, place: TemporalPlace, warn: (line: string) => void): ByomPlugin {
  const runKeys = config.runKeys();
  if (runKeys === null && !mayServeUnsigned(config, place))
    throw new UserError(
      'BYOM_RUN_KEYS is not set, and Temporal or Postgres is on another machine, where anybody could start runs of any organization: set it (`byom keys generate` prints one), or set BYOM_UNSIGNED_RUNS=allow.',
    );
  return new ByomPlugin({
    databaseUrl: config.worker().url,
    credentialKeys: config.openKeys(),
    runKeys,
    ...(runKeys === null ? { unsignedRuns: 'allow' } : {}),
    guard: { allowedRanges: config.allowedRanges },
    warn,
  });
}

async function checkRanges({ allowedRanges }: Config): Promise<void> {
  try {
    await createGuard({ allowedRanges }).close();
  } catch (error) {
    throw new UserError(`BYOM_ALLOWED_RANGES: ${lineOf(error)}`);
  }
}

/** The plugin looks too, but only when the worker runs, and a worker that does not start cannot be closed. */
async function checkRegistry(config: Config): Promise<void> {
  const database = config.worker();
  await checkDatabase(database);
  const registry = createRegistry({ workerUrl: database.url, openKeys: config.openKeys() });
  try {
    await registry.ready();
  } finally {
    await registry.close();
  }
}

/** Everything on this machine, or the operator's explicit word. */
function mayServeUnsigned(config: Config, { address }: TemporalPlace): boolean {
  const temporalHost = address.replace(/:\d+$/, '');
  return (
    config.unsignedRunsAllowed ||
    (isLoopback(temporalHost) && isLoopback(new URL(config.worker().url).hostname))
  );
}
