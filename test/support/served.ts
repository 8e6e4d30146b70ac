import { randomUUID } from 'node:crypto';
import { outcome, startBehavior } from '../../client/index.ts';
import type { BehaviorRun, RunOutcome } from '../../contract/index.ts';
import { readRegistryFile } from '../../registry/index.ts';
import { createClosers } from '../../sandbox/closers.ts';
import type { Closers } from '../../sandbox/closers.ts';
import { startStack } from '../../sandbox/stack.ts';
import type { Stack, StackOptions } from '../../sandbox/stack.ts';
import { freshDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';

/** One test file's world: a database of its own, queues of its own on the shared Temporal, stand-in vendors, a worker. */
export interface Served extends Stack {
  /** Registers what a YAML text says, with `${env:VENDORS}` for the stand-ins, `${env:KEY}`, and what else `env` has. */
  apply(text: string, env?: Readonly<Record<string, string>>): Promise<void>;
  /** Starts a run, or attaches to it; its workflow id. */
  start(run: BehaviorRun): Promise<string>;
  /** Starts a run and waits for its outcome. */
  run(run: BehaviorRun): Promise<RunOutcome>;
  readonly urls: {
    readonly owner: string;
    readonly api: string;
    readonly worker: string;
    readonly superuser: string;
  };
  close(): Promise<void>;
}

export interface ServeOptions extends Pick<StackOptions, 'creditsOf' | 'onAttention' | 'workflowBundle'> {
  /** One that is there already, whoever closes it; else a migrated one of this file's own. */
  readonly database?: Omit<TestDatabase, 'drop'>;
  /** Puts something between the worker and Postgres. */
  readonly through?: (workerUrl: string) => string;
}

export async function serve({
  database,
  through = (url) => url,
  workflowBundle = { codePath: process.env['BYOM_TEST_BUNDLE'] ?? '' },
  ...hooks
}: ServeOptions = {}): Promise<Served> {
  const closers = createClosers();
  const { ownerUrl, apiUrl, workerUrl, superuserUrl } = database ?? (await openDatabase(closers));
  const own = randomUUID().slice(0, 8);
  try {
    const stack = await startStack({
      env: {
        TEMPORAL_ADDRESS: process.env['BYOM_TEST_TEMPORAL_ADDRESS'],
        BYOM_DATABASE_URL: ownerUrl,
        BYOM_API_DATABASE_URL: apiUrl,
        BYOM_WORKER_DATABASE_URL: through(workerUrl),
      },
      closers,
      headless: true,
      onProgress: () => {},
      registryFile: () => null,
      taskQueues: { runs: `byom-${own}`, engine: `engine-${own}` },
      workflowBundle,
      ...hooks,
    });
    const { client, runKeys: keys, taskQueue } = stack;
    const start = async (run: BehaviorRun) =>
      (await startBehavior(client, run, { keys, taskQueue })).workflowId;
    return {
      ...stack,
      urls: { owner: ownerUrl, api: apiUrl, worker: workerUrl, superuser: superuserUrl },
      apply: (text, more = {}) => {
        const env = { VENDORS: stack.vendors.origin, KEY: 'test-key', ...more };
        return stack.register(readRegistryFile(text, { env, readFile: noFile, name: 'test' }));
      },
      start,
      run: async (run) => outcome(client, await start(run)),
      close: () => closers.closeAll(),
    };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function openDatabase({ onClose }: Closers): Promise<TestDatabase> {
  const database = await freshDatabase();
  onClose(() => database.drop());
  return database;
}

function noFile(): never {
  throw new Error('A test refers to no file.');
}

/** A text run of one organization; each has an event of its own. */
export function textRun(org: string, over: Partial<BehaviorRun['behavior']> = {}): BehaviorRun {
  return {
    version: 1,
    org,
    pipe: 'p1',
    engineTaskQueue: 'nobody',
    event: { id: randomUUID(), type: 'card_created' },
    behavior: {
      id: 'b1',
      name: 'Summarize',
      answer: 'text',
      instruction: 'Summarize the request.',
      dataClass: null,
      knowledge: [],
      actions: [],
      ...over,
    },
    card: { id: 'c1', title: 'A request', fields: [] },
  };
}

/** A plan run with actions `a`, `b` and `c` that move the card. */
export function planRun(
  org: string,
  engineTaskQueue: string,
  over: Partial<BehaviorRun['behavior']> & { readonly notify?: boolean } = {},
): BehaviorRun {
  const { notify, ...behavior } = over;
  const actions = ['a', 'b', 'c'].map((referenceId) => ({
    referenceId,
    actionType: 'move_card' as const,
    name: `Move ${referenceId}`,
    metadata: { destinationPhaseId: '1' },
  }));
  return {
    ...textRun(org, {
      answer: 'plan',
      instruction: 'Do %{action:a}, then %{action:b}, then %{action:c}.',
      actions,
      ...behavior,
    }),
    engineTaskQueue,
    ...(notify === undefined ? {} : { notify }),
  };
}

/** The registry of organizations that all have a model of their own, a default and the platform, at the stand-ins. */
export function registryOf(organizations: Readonly<Record<string, string>>): string {
  const custom = (route: string) =>
    `{ vendor: custom, settings: { baseUrl: '\${env:VENDORS}/${route}/v1' } }`;
  const own = Object.entries(organizations).map(
    ([org, more]) => `
  ${org}:
    providers: { p-own: ${custom(`${org}-own`)}, p-default: ${custom(`${org}-default`)} }
    models: { own: { provider: p-own, upstreamId: own }, usual: { provider: p-default, upstreamId: usual } }
${more}`,
  );
  return `version: 1
organizations:
  platform:
    providers: { ai: ${custom('platform')} }
    models: { ai: { provider: ai, upstreamId: ai } }
    default: ai
${own.join('')}`;
}

/** Assigned, default, and a budget that a test does not have to wait for. */
export const usualOrganization = `    policy: { budget: { backoffMs: 20, backoffMaxMs: 50, heartbeatMs: 3000 } }
    default: usual
    assignments: { p1: { b1: own } }
`;
