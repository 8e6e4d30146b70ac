// The workers of a host that has switched on everything there is to hear: Temporal's core and SDK at their most talkative,
// metrics served, every error printed with all that hangs on it. It runs from `dist/`, one worker for runs and one for the
// sandbox's engine.
import { inspect } from 'node:util';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  makeTelemetryFilterString,
} from '@temporalio/worker';
import { parseRunKeys } from '../../dist/client/index.js';
import { parseOpenKeys } from '../../dist/registry/index.js';
import { createEngine } from '../../dist/sandbox/engine/engine.js';
import { runEngineWorker } from '../../dist/sandbox/engine/run-engine-worker.js';
import { ByomPlugin } from '../../dist/worker/index.js';

// oxlint-disable-next-line no-restricted-properties -- a composition root of its own; its command line is for all to see
const { env } = process;
const everything = { depth: 8, maxStringLength: null, maxArrayLength: null };
const write = (stream, parts) =>
  stream.write(`${parts.map((part) => inspect(part, everything)).join(' ')}\n`);
const say = (...parts) => write(process.stderr, parts);

// Nothing of this process may outlive the one that started it.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 300).unref();

Runtime.install({
  // What Temporal itself shows at its most talkative is kept apart from all the rest.
  logger: new DefaultLogger('TRACE', ({ level, message, meta }) =>
    write(level === 'TRACE' || meta?.sdkComponent === 'core' ? process.stdout : process.stderr, [
      level,
      message,
      meta,
    ]),
  ),
  telemetryOptions: {
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'TRACE', other: 'DEBUG' }) },
    metrics: { prometheus: { bindAddress: env.METRICS_ADDRESS } },
  },
});

try {
  const connection = await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS });
  const engine = await createEngine({
    databaseUrl: env.BYOM_DATABASE_URL,
    start: () => Promise.reject(new Error('This engine starts nothing.')),
    delivers: false,
  });
  const engineWorker = await runEngineWorker(connection, env.ENGINE_TASK_QUEUE, engine);
  const plugin = new ByomPlugin({
    databaseUrl: env.BYOM_WORKER_DATABASE_URL,
    credentialKeys: parseOpenKeys(env.BYOM_CREDENTIAL_KEYS),
    runKeys: parseRunKeys(env.BYOM_RUN_KEYS),
    guard: { allowedRanges: ['127.0.0.0/8'] },
    warn: (line) => say(line),
  });
  say(plugin);
  const worker = await Worker.create({ connection, taskQueue: env.BYOM_TASK_QUEUE, plugins: [plugin] });
  const ended = worker.run();
  say('ready');
  await ended;
  await engineWorker.close();
  await engine.close();
  await connection.close();
} catch (error) {
  say(error);
  process.exitCode = 1;
}
