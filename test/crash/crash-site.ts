import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { outcome, parseRunKeys, startBehavior } from '../../client/index.ts';
import type { BehaviorRun, RunOutcome } from '../../contract/index.ts';
import {
  applyRegistry,
  generateKeys,
  migrate,
  parseSealKeys,
  readRegistryFile,
} from '../../registry/index.ts';
import { createClosers, startAll } from '../../sandbox/closers.ts';
import { createEngine } from '../../sandbox/engine/engine.ts';
import type { PipeEngine } from '../../sandbox/engine/engine.ts';
import { findOpenTemporaryFolder } from '../../sandbox/open-folder.ts';
import { startPostgres } from '../../sandbox/postgres.ts';
import { startTemporal } from '../../sandbox/temporal.ts';
import { startSandboxVendors } from '../../testing/index.ts';
import type { SandboxVendors, SandboxVendorsOptions } from '../../testing/index.ts';
import { vendors as vendorTable } from '../../vendors/index.ts';
import type { WorkerSettings } from './start-worker-process.ts';

/** A Temporal and a Postgres of this test file's own, which it may kill: both keep on disk what they acknowledged. */
export interface CrashSite {
  readonly vendors: SandboxVendors;
  readonly engine: PipeEngine;
  /** The cluster's superuser, to look at everything. */
  readonly superuserUrl: string;
  /** What every worker process is told. */
  readonly settings: Omit<WorkerSettings, 'role' | 'taskQueue' | 'graceMs' | 'slots'>;
  readonly client: Client;
  start(run: BehaviorRun, taskQueue: string): Promise<string>;
  /** Waits for a run, also while Temporal is away for a moment. */
  outcome(workflowId: string): Promise<RunOutcome>;
  /** Ends it where it stands; what comes back starts it again, at the same place. */
  kill(victim: 'Temporal' | 'Postgres'): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface CrashSiteOptions {
  readonly vendors?: SandboxVendorsOptions;
  /** How long Temporal waits for a worker that has taken a workflow task; 10 s by default. */
  readonly workflowTaskTimeoutMs?: number;
}

export async function openCrashSite(
  registryText: string,
  { vendors: vendorOptions = {}, workflowTaskTimeoutMs }: CrashSiteOptions = {},
): Promise<CrashSite> {
  const { onClose, closeAll } = createClosers();
  try {
    const folder = await makeFolder();
    onClose(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const servers = await openServers(folder);
    onClose(() => servers.close());
    const vendors = await startSandboxVendors(vendorOptions);
    onClose(() => vendors.close());
    await migrate(servers.ownerUrl);
    const rings = generateKeys('crash');
    const file = readRegistryFile(registryText, {
      env: { VENDORS: vendors.origin },
      readFile: noFile,
      name: 'test',
    });
    await applyRegistry(servers.url('byom_api'), file, {
      vendors: vendorTable,
      seal: parseSealKeys(rings.sealRing),
    });
    const engine = await createEngine({ databaseUrl: servers.ownerUrl, start: noStart, delivers: false });
    onClose(() => engine.close());
    const connection = await Connection.connect({ address: servers.address });
    onClose(() => connection.close());
    const client = new Client({
      connection,
      interceptors: { workflow: [taskTimeout(workflowTaskTimeoutMs)] },
    });
    const runRing = `crash:${randomBytes(32).toString('base64url')}`;
    const keys = parseRunKeys(runRing);
    return {
      vendors,
      engine,
      superuserUrl: servers.url('postgres'),
      client,
      settings: {
        address: servers.address,
        ownerUrl: servers.ownerUrl,
        workerUrl: servers.url('byom_worker'),
        openRing: rings.openRing,
        runRing,
        codePath: process.env['BYOM_TEST_BUNDLE'] ?? '',
      },
      async start(run, taskQueue) {
        const { workflowId } = await startBehavior(client, run, { keys, taskQueue });
        return workflowId;
      },
      outcome: (workflowId) => whenTemporalAnswers(() => outcome(client, workflowId)),
      kill: (victim) => servers.kill(victim),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** The plain user that Postgres runs as has to pass through it. */
async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(await findOpenTemporaryFolder(), 'pipe-byom-crash-'));
  await chmod(folder, 0o755);
  return folder;
}

interface Servers {
  readonly address: string;
  readonly ownerUrl: string;
  url(role: string): string;
  kill(victim: 'Temporal' | 'Postgres'): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

async function openServers(folder: string): Promise<Servers> {
  const upTemporal = (port?: number) =>
    startTemporal({
      env: { ...process.env, TEMPORAL_ADDRESS: undefined },
      headless: true,
      dbFile: join(folder, 'temporal.db'),
      ...(port === undefined ? {} : { port }),
    });
  const upPostgres = (port?: number) =>
    startPostgres({
      dataFolder: join(folder, 'postgres'),
      durable: true,
      ...(port === undefined ? {} : { port }),
    });
  let [temporal, postgres] = await startAll([upTemporal(), upPostgres()]);
  const { address } = temporal;
  const { ownerUrl, port, url } = postgres;
  return {
    address,
    ownerUrl,
    url: (role) => url(role),
    async kill(victim) {
      if (victim === 'Temporal') {
        process.kill(temporal.pid ?? Number.NaN, 'SIGKILL');
        await temporal.close();
        return async () => void (temporal = await upTemporal(Number(address.split(':')[1])));
      }
      // Postgres calls this an immediate stop: no goodbye to anybody, recovery from the log at the next start.
      process.kill(postgres.pid, 'SIGQUIT');
      await untilGone(postgres.pid);
      await postgres.close();
      return async () => void (postgres = await upPostgres(port));
    },
    async close() {
      await Promise.all([temporal.close(), postgres.close()]);
    },
  };
}

async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(10);
  }
}

/** `UNAVAILABLE`, and `CANCELLED` by a server that goes down. */
const awayCodes: readonly number[] = [1, 14];

async function whenTemporalAnswers<T>(asked: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await asked();
    } catch (error) {
      const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
      if (!isGrpcServiceError(cause) || !awayCodes.includes(cause.code)) throw error;
      await sleep(100);
    }
  }
}

function noFile(): never {
  throw new Error('A test refers to no file.');
}

function taskTimeout(workflowTaskTimeoutMs: number | undefined): WorkflowClientInterceptor {
  if (workflowTaskTimeoutMs === undefined) return {};
  return {
    start: (input, next) =>
      next({ ...input, options: { ...input.options, workflowTaskTimeout: msToTs(workflowTaskTimeoutMs) } }),
  };
}

async function noStart(): Promise<never> {
  throw new Error('Nothing was to be started.');
}
