import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { outcome, parseRunKeys, startBehavior } from '../client/index.ts';
import type { RunKeys } from '../client/index.ts';
import { applyRegistry, generateKeys, migrate, parseOpenKeys, parseSealKeys } from '../registry/index.ts';
import type { OpenKeys, RegistryFile } from '../registry/index.ts';
import { startSandboxVendors } from '../testing/index.ts';
import type { SandboxVendors } from '../testing/index.ts';
import { vendors as vendorTable } from '../vendors/index.ts';
import { ByomPlugin } from '../worker/index.ts';
import type { CreditsOf, OnAttention } from '../worker/index.ts';
import { closedBy, startAll } from './closers.ts';
import type { Closers } from './closers.ts';
import { createEngine } from './engine/engine.ts';
import type { PipeEngine } from './engine/engine.ts';
import { runEngineWorker } from './engine/run-engine-worker.ts';
import type { SandboxApi, SandboxApiParts } from './serve-api.ts';
import { findPostgres } from './find-postgres.ts';
import type { FoundPostgres } from './find-postgres.ts';
import { startTemporal } from './temporal.ts';
import type { SandboxTemporal } from './temporal.ts';

export interface StackOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly closers: Closers;
  /** Without Temporal's web UI. */
  readonly headless: boolean;
  readonly onProgress: (line: string) => void;
  /** What to register, once it is known where the stand-in vendors are. */
  readonly registryFile: (vendors: SandboxVendors) => Promise<RegistryFile | null> | RegistryFile | null;
  /** Where runs and actions are queued; names of their own keep two stacks on one Temporal apart. */
  readonly taskQueues?: { readonly runs: string; readonly engine: string };
  /** A bundle made before; by default the workflows are bundled at the start. */
  readonly workflowBundle?: WorkflowBundleOption;
  readonly creditsOf?: CreditsOf;
  readonly onAttention?: OnAttention;
  /** With the management API. */
  readonly withApi?: boolean;
  /** Addresses that are not public and may be called; the loopback of the stand-in vendors by default. */
  readonly allowedRanges?: readonly string[];
}

/** Everything that a run needs, on this machine: real Postgres, real Temporal, our worker, an engine, stand-in vendors. */
export interface Stack {
  readonly postgres: FoundPostgres;
  readonly temporal: SandboxTemporal;
  readonly vendors: SandboxVendors;
  readonly client: Client;
  readonly engine: PipeEngine;
  /** Null where none was asked for. */
  readonly api: SandboxApi | null;
  readonly taskQueue: string;
  readonly openKeys: OpenKeys;
  readonly runKeys: RunKeys;
  /** The keys made for this start, as text. */
  readonly rings: { readonly open: string; readonly seal: string; readonly run: string };
  register(file: RegistryFile): Promise<void>;
}

const usualQueues = { runs: 'byom', engine: 'pipe-engine' } as const;

/** Boots the stack. Whatever was opened is registered with `closers`, also when a later part fails to start. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { env, closers, onProgress, headless } = options;
  // Said on every start by Amazon's packages; the README says it once.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN', () => {}) });
  closers.onClose(() => Runtime.instance().shutdown());
  const [postgres, temporal, vendors] = await startAll([
    closedBy(closers, findPostgres(env)),
    closedBy(closers, startTemporal({ env, headless, onProgress })),
    closedBy(closers, startSandboxVendors()),
  ]);
  onProgress('Postgres, Temporal and the stand-in vendors are up.');
  await migrate(postgres.ownerUrl);

  const { openRing: open, sealRing: seal } = generateKeys('sandbox');
  const openKeys = parseOpenKeys(open);
  const register = async (file: RegistryFile): Promise<void> => {
    await applyRegistry(postgres.url('byom_api'), file, { vendors: vendorTable, seal: parseSealKeys(seal) });
  };
  const file = await options.registryFile(vendors);
  if (file !== null) await register(file);

  const run = `sandbox:${randomBytes(32).toString('base64url')}`;
  const runKeys = parseRunKeys(run);
  const { client, native } = await connect(temporal.address, closers);
  const taskQueues = options.taskQueues ?? usualQueues;
  const served = { databaseUrl: postgres.url('byom_api'), sealRing: seal, taskQueue: taskQueues.runs };
  const api = options.withApi === true ? await openApi({ ...served, client, runKeys, file }, closers) : null;
  const engine = await openEngine({ postgres, client, runKeys, native, taskQueues, closers });
  const plugin = new ByomPlugin({
    readableHistory: 'allow',
    databaseUrl: postgres.url('byom_worker'),
    credentialKeys: openKeys,
    runKeys,
    guard: {
      allowedRanges: options.allowedRanges ?? ['127.0.0.0/8'],
      deniedEndpoints: ownEndpoints(postgres, temporal, api),
      wellKnown: vendors.wellKnown,
    },
    warn: onProgress,
    ...(options.creditsOf === undefined ? {} : { creditsOf: options.creditsOf }),
    ...(options.onAttention === undefined ? {} : { onAttention: options.onAttention }),
  });
  const { workflowBundle } = options;
  const worker = await Worker.create({
    connection: native,
    taskQueue: taskQueues.runs,
    plugins: [plugin],
    shutdownGraceTime: '2s',
    ...(workflowBundle === undefined ? {} : { workflowBundle }),
  });
  runUntilClosed(worker, closers);
  const rings = { open, seal, run };
  return {
    postgres,
    temporal,
    vendors,
    client,
    engine,
    api,
    taskQueue: taskQueues.runs,
    openKeys,
    runKeys,
    rings,
    register,
  };
}

/** Loaded only where it is asked for: neither the demo nor a worker needs any of it. */
async function openApi(parts: SandboxApiParts, closers: Closers): Promise<SandboxApi> {
  const { serveApi } = await import('./serve-api.ts');
  return closedBy(closers, serveApi(parts));
}

async function connect(
  address: string,
  closers: Closers,
): Promise<{ readonly client: Client; readonly native: NativeConnection }> {
  const connection = await Connection.connect({ address });
  closers.onClose(() => connection.close());
  const native = await NativeConnection.connect({ address });
  closers.onClose(() => native.close());
  return { client: new Client({ connection }), native };
}

function runUntilClosed(worker: Worker, closers: Closers): void {
  const ended = worker.run();
  ended.catch(() => {}); // Thrown to whoever closes it.
  closers.onClose(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended;
  });
}

interface EngineParts {
  readonly postgres: FoundPostgres;
  readonly client: Client;
  readonly runKeys: RunKeys;
  readonly native: NativeConnection;
  readonly taskQueues: { readonly runs: string; readonly engine: string };
  readonly closers: Closers;
}

async function openEngine(parts: EngineParts): Promise<PipeEngine> {
  const { postgres, client, runKeys: keys, native, taskQueues, closers } = parts;
  const engine = await createEngine({
    databaseUrl: postgres.ownerUrl,
    taskQueue: taskQueues.engine,
    async start(run) {
      const { workflowId } = await startBehavior(client, run, { keys, taskQueue: taskQueues.runs });
      return { workflowId, result: () => outcome(client, workflowId) };
    },
  });
  closers.onClose(() => engine.close());
  const worker = await runEngineWorker(native, taskQueues.engine, engine);
  closers.onClose(() => worker.close());
  return engine;
}

/** Loopback is open to the stand-in vendors, but no tenant's address may be our own Postgres, Temporal or API. */
function ownEndpoints(
  { port }: FoundPostgres,
  { address, uiUrl }: SandboxTemporal,
  api: SandboxApi | null,
): readonly string[] {
  const pages = [uiUrl, api?.url ?? null].flatMap((url) => (url === null ? [] : [new URL(url).host]));
  return [`127.0.0.1:${port}`, address, ...pages];
}
