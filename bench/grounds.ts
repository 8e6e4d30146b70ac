import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createRunKeys } from '../client/index.ts';
import type { RunKeys } from '../client/index.ts';
import { applyRegistry, generateKeys, migrate, parseOpenKeys, parseSealKeys } from '../registry/index.ts';
import { createGuard, vendors } from '../vendors/index.ts';
import { ByomPlugin } from '../worker/index.ts';
import { createCallModel } from './bare-activity.ts';
import { benchRegistry } from './organizations.ts';
import { startProcess } from './own-process.ts';
import type { Closers, SandboxPostgres } from '../sandbox/index.ts';
import { closedBy, startAll, startPostgres, startTemporal } from '../sandbox/index.ts';
import type { StandIns } from './stand-in-process.ts';

/** What everything is measured on: real Postgres, real Temporal, a worker of ours and a bare one in this process. */
export interface Grounds {
  readonly postgres: SandboxPostgres;
  readonly temporalAddress: string;
  readonly standIns: StandIns;
  readonly client: Client;
  readonly runKeys: RunKeys;
  readonly openRing: string;
  /** Rejects when a worker ends by itself, after which nothing would ever come back. */
  readonly broken: Promise<never>;
}

export const taskQueues = { ours: 'bench-byom', bare: 'bench-bare' } as const;
/** The stand-ins are on this machine, so loopback is open. */
export const guardOptions = { allowedRanges: ['127.0.0.0/8'] } as const;

/** Starts all of it, a Temporal of its own even where the environment names one. Whatever was opened is registered with `closers`, also when a later part fails to start. */
export async function startGrounds(
  env: NodeJS.ProcessEnv,
  closers: Closers,
  onProgress: (line: string) => void,
): Promise<Grounds> {
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
  closers.onClose(() => Runtime.instance().shutdown());
  const standInProcess = startProcess<StandIns>('./stand-in-process.js');
  closers.onClose(() => standInProcess.close());
  const [postgres, temporal, standIns] = await startAll([
    // Every commit on disk, as in production: the ledger's price is part of the figure.
    closedBy(closers, startPostgres({ durable: true })),
    closedBy(
      closers,
      startTemporal({ env: { ...env, TEMPORAL_ADDRESS: undefined }, headless: true, onProgress }),
    ),
    standInProcess.said,
  ]);

  await migrate(postgres.ownerUrl);
  const { openRing, sealRing } = generateKeys('bench');
  const seal = parseSealKeys(sealRing);
  await applyRegistry(postgres.url('byom_api'), benchRegistry(standIns.vendors), { vendors, seal });

  const { address } = temporal;
  const connection = await Connection.connect({ address });
  closers.onClose(() => connection.close());
  const native = await NativeConnection.connect({ address });
  closers.onClose(() => native.close());
  const runKeys = createRunKeys([{ id: 'bench', secret: randomBytes(32), orgs: null }]);
  const plugin = new ByomPlugin({
    readableHistory: 'allow',
    databaseUrl: postgres.url('byom_worker'),
    credentialKeys: parseOpenKeys(openRing),
    runKeys,
    guard: guardOptions,
  });
  const ours = await createOurs(native, plugin);
  const bare = await createBare(native, closers, standIns.vendors);
  const broken = Promise.race([ours, bare].map((worker) => runUntilClosed(worker, closers)));
  broken.catch(() => {}); // Thrown to whoever measures.
  return {
    postgres,
    temporalAddress: address,
    standIns,
    client: new Client({ connection }),
    runKeys,
    openRing,
    broken,
  };
}

function createOurs(connection: NativeConnection, plugin: ByomPlugin): Promise<Worker> {
  return Worker.create({
    connection,
    taskQueue: taskQueues.ours,
    plugins: [plugin],
    shutdownGraceTime: '2s',
  });
}

function createBare(connection: NativeConnection, closers: Closers, vendorsOrigin: string): Promise<Worker> {
  const guard = createGuard(guardOptions);
  closers.onClose(() => guard.close());
  return Worker.create({
    connection,
    taskQueue: taskQueues.bare,
    workflowsPath: fileURLToPath(new URL('./bare-workflow.js', import.meta.url)),
    activities: { callModel: createCallModel(guard, vendorsOrigin) },
    shutdownGraceTime: '2s',
  });
}

/** Rejects when the worker ends before it is closed; never resolves. */
function runUntilClosed(worker: Worker, closers: Closers): Promise<never> {
  const ended = worker.run();
  let closing = false;
  closers.onClose(async () => {
    closing = true;
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended.catch(() => {});
  });
  return new Promise((_resolve, reject) => {
    ended.then(
      () => closing || reject(new Error(`The worker of ${worker.options.taskQueue} ended by itself.`)),
      reject,
    );
  });
}
