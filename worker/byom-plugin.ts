import { fileURLToPath } from 'node:url';
import type { ReplayWorkerOptions, Worker, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { beatMs } from '../activities/index.ts';
import { activitySlotsOf } from './activity-slots.ts';
import { keepSweeping } from './keep-sweeping.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { openServing } from './serving.ts';
import type { Serving, ServingOptions } from './serving.ts';
import { createSweep } from './sweep.ts';

export interface ByomPluginOptions extends ServingOptions {
  /** Without keys anyone with access to the Temporal namespace can start runs of any organization. */
  readonly unsignedRuns?: 'allow';
  /** Nothing is said about card text and prompts that Temporal's histories hold, as where no payload codec is given. */
  readonly readableHistory?: 'allow';
  /** How often runs that were terminated or timed out in Temporal are looked for; a minute by default. */
  readonly sweepEveryMs?: number;
  /** Where one-line warnings go; `console.warn` by default. */
  readonly warn?: (line: string) => void;
}

const sweepDefaultMs = 60_000;
const workflowsPath = fileURLToPath(new URL('../workflows/index.js', import.meta.url));

/**
 * Serves Behavior runs on a worker: registers `resolveModel`, `invokeModel`, `recordOutcome` and `testProvider`, and the workflows where
 * the worker brings none of its own. A worker with workflows re-exports ours: `export * from 'pipe-byom/workflows'`.
 * `Worker.create` throws one line where this process may not serve (schema, role, isolation, keys) or an activity's name
 * is taken; the constructor throws when runs would be unsigned without saying so.
 */
export class ByomPlugin implements WorkerPlugin {
  readonly name = 'pipe-byom.ByomPlugin';
  readonly #options: ByomPluginOptions;
  readonly #warn: (line: string) => void;
  #opening: Promise<Serving> | null = null;
  #serving: Serving | null = null;
  #running = 0;

  constructor(options: ByomPluginOptions) {
    if (options.runKeys === null && options.unsignedRuns !== 'allow') {
      throw new Error(
        'Runs are not signed: give runKeys (`byom keys generate` makes them), or allow unsigned runs with unsignedRuns.',
      );
    }
    this.#options = options;
    this.#warn = options.warn ?? console.warn;
  }

  /** Checked here and not when the worker runs: a worker that was created has to run before it can be ended. */
  async configureWorker(options: WorkerOptions): Promise<WorkerOptions> {
    const { activities: ours } = await this.#serve(options);
    const existing = { ...options.activities } as Readonly<Record<string, unknown>>;
    const taken = Object.entries(ours).find(([name, activity]) => (existing[name] ?? activity) !== activity);
    if (taken) {
      await this.#closeUnused();
      throw new Error(`The activity name ${taken[0]} is taken on this worker. ${ownWorker}`);
    }
    await this.#makeSearchable(options);
    return {
      // Long enough for most calls to end; a longer one is called again after a deploy, and the ledger shows both.
      shutdownGraceTime: '90s',
      // Cancellation travels only with heartbeats, and the default throttle is 24 s.
      maxHeartbeatThrottleInterval: beatMs,
      ...options,
      activities: { ...existing, ...ours },
      ...(hasWorkflows(options) ? {} : { workflowsPath }),
    };
  }

  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return hasWorkflows(options) ? options : { ...options, workflowsPath };
  }

  /** Starts the worker without a pause: `runUntil` shuts down only what runs already. */
  async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    this.#running += 1;
    this.#warnOfReadableHistory(worker);
    const taken = this.#takenBy(worker);
    const ended = next(worker);
    // A worker that never ran keeps its connection and its pollers, so it runs for as long as it takes to end.
    if (taken !== undefined) worker.shutdown();
    const stopSweeping = this.#sweep(worker);
    try {
      await ended;
    } finally {
      await stopSweeping();
      this.#running -= 1;
      await this.#closeUnused();
    }
    if (taken !== undefined) throw new Error(`Another plugin took the activity name ${taken}. ${ownWorker}`);
  }

  async #serve(options: WorkerOptions): Promise<Serving> {
    this.#opening ??= openServing(this.#options, activitySlotsOf(options));
    try {
      this.#serving = await this.#opening;
      return this.#serving;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  /** One plugin may serve several workers; the last of them to end closes what they share. */
  async #closeUnused(): Promise<void> {
    if (this.#running > 0) return;
    const serving = this.#serving;
    this.#opening = null;
    this.#serving = null;
    await serving?.close();
  }

  /** A plugin that comes after ours may have put its own activity over one of ours: `@temporalio/ai-sdk` would. */
  #takenBy({ options }: Worker): string | undefined {
    const ours = Object.entries(this.#serving?.activities ?? {});
    return ours.find(([name, activity]) => options.activities.get(name) !== activity)?.[0];
  }

  /** For each worker, since each has a namespace and a task queue of its own. */
  #sweep({ client, options: { taskQueue } }: Worker): () => Promise<void> {
    const registry = this.#serving?.registry;
    if (client === undefined || registry === undefined) return async () => {};
    const { runKeys, sweepEveryMs = sweepDefaultMs } = this.#options;
    return keepSweeping(createSweep({ client, taskQueue, runKeys, registry }), sweepEveryMs, this.#warn);
  }

  /** Here and not earlier, since a plugin that comes after ours may bring the codec. */
  #warnOfReadableHistory({ options: { loadedDataConverter } }: Worker): void {
    if (loadedDataConverter.payloadCodecs.length > 0 || this.#options.readableHistory === 'allow') return;
    this.#warn(
      "Temporal's histories hold card text and prompts as they are: give client and worker a data converter with a payload codec (byom's own commands: BYOM_DATA_CONVERTER).",
    );
  }

  async #makeSearchable({ connection, namespace = 'default' }: WorkerOptions): Promise<void> {
    const warning = connection && (await ensureSearchAttributes(connection, namespace));
    if (warning) this.#warn(warning);
  }
}

const ownWorker = 'Serve Behavior runs on a worker of their own.';

function hasWorkflows({ workflowsPath: path, workflowBundle }: WorkerOptions | ReplayWorkerOptions): boolean {
  return path !== undefined || workflowBundle !== undefined;
}
