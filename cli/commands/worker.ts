import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { parseOpenKeys } from '../../registry/index.ts';
import { createGuard } from '../../vendors/index.ts';
import { ByomPlugin } from '../../worker/index.ts';
import { isLoopback } from '../config.ts';
import type { Config } from '../config.ts';
import { loadDataConverter } from '../data-converter.ts';
import { checkDatabase } from '../reach-database.ts';
import { readRunKeys } from '../read-run-keys.ts';
import { findTemporal } from '../temporal-connection.ts';
import type { TemporalPlace } from '../temporal-connection.ts';
import { UserError, lineOf } from '../user-error.ts';

export async function workerCommand(config: Config): Promise<void> {
  const logger = pino({ base: null });
  sendTemporalLogsTo(logger);
  const place = findTemporal();
  const plugin = createPlugin(config, place, (line) => logger.warn(line));
  await checkRanges(config);
  const dataConverter = await loadDataConverter(config);
  // The plugin looks too, but does not know the names of the settings.
  await checkDatabase(config.worker());
  const connection = await place.native();
  const worker = await Worker.create({
    connection,
    namespace: place.namespace,
    taskQueue: config.taskQueue,
    plugins: [plugin],
    ...(dataConverter === undefined ? {} : { dataConverter }),
  });
  await worker.run();
  await connection.close();
}

/** Each as one line. Of an error only what is ours is kept: others quote what somebody else said. */
function sendTemporalLogsTo(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const known = level.toLowerCase() as 'info';
      const [line] = message.split('\n');
      const { error, ...facts } = meta ?? {};
      logger[known](error instanceof ApplicationFailure ? { ...facts, failure: told(error) } : facts, line);
    }),
    // Temporal's own core would write to the terminal in a form of its own.
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) } },
  });
}

function told({ type, message }: ApplicationFailure): object {
  return { type, message };
}

function createPlugin(config: Config, place: TemporalPlace, warn: (line: string) => void): ByomPlugin {
  const runKeys = readRunKeys(config);
  if (runKeys === null && !mayServeUnsigned(config, place))
    throw new UserError(
      'BYOM_RUN_KEYS is not set, and Temporal or Postgres is on another machine, where anybody could start runs of any organization: set it (`byom keys generate` prints one), or set BYOM_UNSIGNED_RUNS=allow.',
    );
  return new ByomPlugin({
    databaseUrl: config.worker().url,
    credentialKeys: parseOpenKeys(config.openRing()),
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

/** Everything on this machine, or the operator's explicit word. */
function mayServeUnsigned(config: Config, { address }: TemporalPlace): boolean {
  const temporalHost = address.replace(/:\d+$/, '');
  return (
    config.unsignedRunsAllowed ||
    (isLoopback(temporalHost) && isLoopback(new URL(config.worker().url).hostname))
  );
}
