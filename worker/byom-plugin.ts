import { fileURLToPath } from 'node:url';
import { SimplePlugin } from '@temporalio/plugin';
import type { ReplayWorkerOptions, Worker, WorkerOptions } from '@temporalio/worker';
import { beatMs, createActivities } from '../activities/index.ts';
import type { ActivityOptions } from '../activities/index.ts';
import type { Activities } from '../contract/index.ts';
import { createRegistry } from '../registry/index.ts';
import type { OpenKeys } from '../registry/index.ts';
import { createGuard } from '../vendors/index.ts';
import type { GuardOptions } from '../vendors/index.ts';
import { ensureSearchAttributes } from './search-attributes.ts';

export interface ByomPluginOptions {
  /** The registry, as role `byom_worker`. */
  readonly databaseUrl: string;
  /** Opens credentials and answers: `parseOpenKeys(process.env.BYOM_CREDENTIAL_KEYS)`. */
  readonly credentialKeys: OpenKeys;
  /** Verifies the tickets of runs: `parseRunKeys(process.env.BYOM_RUN_KEYS)`. */
  readonly runKeys: ActivityOptions['runKeys'];
  /** Without keys anyone with access to the Temporal namespace can start runs of any organization. */
  readonly unsignedRuns?: 'allow';
  /** What the operator lets vendors' addresses be. */
  readonly guard?: GuardOptions;
  /** Calls of one organization at once on this worker; a quarter of its activity slots by default. */
  readonly slotsPerOrganization?: number;
  readonly creditsOf?: ActivityOptions['creditsOf'];
  /** Where one-line warnings go; `console.warn` by default. */
  readonly warn?: (line: string) => void;
}

const activitySlots = 100;
const workflowsPath = fileURLToPath(new URL('../workflows/index.js', import.meta.url));

/**
 * Serves Behavior runs on a worker: registers `resolveModel`, `invokeModel` and `recordOutcome`, and the workflow where
 * the worker brings none of its own. A worker with workflows re-exports ours: `export * from 'pipe-byom/workflows'`.
 * Throws when runs would be unsigned without saying so, and when another plugin took one of our activities' names.
 */
export class ByomPlugin extends SimplePlugin {
  readonly #options: ByomPluginOptions;
  #activities: Activities | null = null;
  #close: (() => Promise<void>) | null = null;
  #ready: (() => Promise<void>) | null = null;
  #running = 0;

  constructor(options: ByomPluginOptions) {
    super({ name: 'pipe-byom.ByomPlugin' });
    if (options.runKeys === null && options.unsignedRuns !== 'allow') {
      throw new Error(
        'Runs are not signed: give runKeys (`byom keys generate` makes them), or allow unsigned runs with unsignedRuns.',
      );
    }
    this.#options = options;
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    const ours = this.#bind(options);
    const existing = { ...options.activities } as Readonly<Record<string, unknown>>;
    for (const [name, activity] of Object.entries(ours)) {
      if (existing[name] !== undefined && existing[name] !== activity)
        throw new Error(
          `The activity name ${name} is taken on this worker. Serve Behavior runs on a worker of their own.`,
        );
    }
    const hasWorkflows = options.workflowsPath !== undefined || options.workflowBundle !== undefined;
    return {
      // Long enough for most calls to end; a longer one is called again after a deploy, and the ledger shows both.
      shutdownGraceTime: '90s',
      // Cancellation travels only with heartbeats, and the default throttle is 24 s.
      maxHeartbeatThrottleInterval: beatMs,
      ...options,
      activities: { ...existing, ...ours },
      ...(hasWorkflows ? {} : { workflowsPath }),
    };
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    const hasWorkflows = options.workflowsPath !== undefined || options.workflowBundle !== undefined;
    return hasWorkflows ? options : { ...options, workflowsPath };
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    this.#refuseLateCollision(worker);
    this.#running += 1;
    try {
      await this.#ready?.();
      const { connection, namespace } = worker.options as Pick<WorkerOptions, 'connection'> & {
        namespace: string;
      };
      const warning = connection && (await ensureSearchAttributes(connection, namespace));
      if (warning) (this.#options.warn ?? console.warn)(warning);
      await next(worker);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) await this.#close?.();
    }
  }

  /** A plugin that comes after ours may have put its own activity over one of ours: `@temporalio/ai-sdk` would. */
  #refuseLateCollision(worker: Worker): void {
    for (const [name, activity] of Object.entries(this.#activities ?? {})) {
      if (worker.options.activities.get(name) !== activity)
        throw new Error(
          `Another plugin took the activity name ${name}. Register ByomPlugin on a worker of its own.`,
        );
    }
  }

  #bind({ maxConcurrentActivityTaskExecutions = activitySlots }: WorkerOptions): Activities {
    if (this.#activities !== null) return this.#activities;
    const { databaseUrl, credentialKeys, runKeys, guard: guardOptions = {}, creditsOf } = this.#options;
    const registry = createRegistry({ workerUrl: databaseUrl, openKeys: credentialKeys });
    const guard = createGuard(guardOptions);
    const quarter = Math.max(1, Math.floor(maxConcurrentActivityTaskExecutions / 4));
    this.#ready = () => registry.ready();
    this.#close = async () => {
      await Promise.all([registry.close(), guard.close()]);
    };
    this.#activities = createActivities({
      registry,
      guard,
      runKeys,
      slotsPerOrganization: this.#options.slotsPerOrganization ?? quarter,
      ...(creditsOf === undefined ? {} : { creditsOf }),
    });
    return this.#activities;
  }
}
