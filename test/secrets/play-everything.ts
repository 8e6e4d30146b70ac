import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { Client as PostgresClient } from 'pg';
import { applyCommand } from '../../cli/commands/apply.ts';
import { readConfig } from '../../cli/config.ts';
import { lineOf } from '../../cli/user-error.ts';
import { outcome, parseRunKeys, startBehavior } from '../../client/index.ts';
import type { BehaviorRun, RunOutcome } from '../../contract/index.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import type { Ran } from '../support/run-byom.ts';
import { faultyFiles } from './faulty-files.ts';
import {
  cardOf,
  pipe,
  plantedRun,
  registryText,
  runNames,
  scriptVendors,
  unfinishedCall,
} from './planted-runs.ts';
import type { RunName } from './planted-runs.ts';
import type { Scene } from './scene.ts';

/** What came of it. */
export interface Played {
  /** Of every run, also of those that have not ended. */
  readonly handles: readonly WorkflowHandle[];
  readonly outcomes: Readonly<Record<string, RunOutcome>>;
  /** Commands that must have been refused. */
  readonly refused: Readonly<Record<string, Ran>>;
  /** The worker that died in a call. */
  readonly crashed: Ran;
}

const here = join(findPackageRoot(), 'test', 'secrets');

/** Everything that could leak, once: runs that end well and badly, files and settings that are wrong, a crash. */
export async function playEverything(scene: Scene): Promise<Played> {
  scriptVendors(scene.vendors, scene.texts);
  await scene.engine.install(pipe);
  const registry = await scene.folder.write('registry.yaml', registryText());
  const applied = await scene.byom('byom apply', ['apply', registry]);
  if (applied.code !== 0) throw new Error('The registry was not applied.');
  await startWorkers(scene);
  const [runs, crash] = await Promise.all([playRuns(scene), crashWorker(scene)]);
  const cancelled = await cancelRun(scene);
  const [locked, faulty, wrong] = await Promise.all([
    lockWorkerOut(scene),
    applyFaultyFiles(scene),
    useWrongPassword(scene, registry),
  ]);
  return {
    handles: [...runs.handles, crash.handle, cancelled.handle, locked.handle],
    outcomes: { ...runs.outcomes, cancelled: cancelled.outcome, 'locked out': locked.outcome },
    refused: { ...faulty, ...wrong },
    crashed: crash.ran,
  };
}

async function startWorkers({ queues, start }: Scene): Promise<void> {
  const worker = start('byom worker', ['worker'], { BYOM_TASK_QUEUE: queues.command });
  // Not knex's own words: they are looked at in the worker above, and would hide here what is ours.
  const settings = { BYOM_TASK_QUEUE: queues.host, ENGINE_TASK_QUEUE: queues.engine, DEBUG: '' };
  const host = start('host', [], settings, join(here, 'host-worker.mjs'));
  const serves = () => worker.said().stdout.includes('RUNNING') && host.said().stderr.includes('ready');
  await eventually(() => serves() || worker.said().code !== null || host.said().code !== null, 30_000);
  const lastWords = [worker, host].map((one) => one.said().stderr.slice(-1_000)).join('\n');
  if (!serves()) throw new Error(`A worker did not come up.\n${lastWords}`);
}

interface Started {
  readonly handle: WorkflowHandle;
  readonly outcome: RunOutcome;
}

async function begin(scene: Scene, run: BehaviorRun, taskQueue: string): Promise<WorkflowHandle> {
  const keys = parseRunKeys(String(scene.env['BYOM_RUN_KEYS']));
  const { workflowId } = await startBehavior(scene.client, run, { keys, taskQueue });
  return scene.client.workflow.getHandle(workflowId);
}

async function makeRun(scene: Scene, name: RunName | typeof unfinishedCall): Promise<BehaviorRun> {
  const card = await scene.engine.createCard(pipe, cardOf(scene.texts));
  return plantedRun(name, scene.texts, { card, engineTaskQueue: scene.queues.engine });
}

/** Each by the workers of the host and by `byom worker`; there some are started by `byom run`. */
async function playRuns(scene: Scene) {
  const handles: WorkflowHandle[] = [];
  const outcomes: Record<string, RunOutcome> = {};
  await Promise.all(
    (['host', 'command'] as const).flatMap((by) =>
      runNames.map(async (name) => {
        const run = await makeRun(scene, name);
        const handle =
          by === 'command' && byCommand.includes(name)
            ? await runCommand(scene, name, run)
            : await begin(scene, run, scene.queues[by]);
        handles.push(handle);
        if (name !== 'not-yet-done')
          outcomes[`${name} by ${by}`] = await outcome(scene.client, handle.workflowId);
      }),
    ),
  );
  await eventually(async () => (await answersKept(scene)) === 2);
  return { handles, outcomes };
}

const byCommand: readonly RunName[] = ['text', 'plan', 'failing-action', 'quoted-in-401'];

async function runCommand(scene: Scene, name: string, run: BehaviorRun): Promise<WorkflowHandle> {
  const input = await scene.folder.write(`${name}.json`, JSON.stringify(run));
  const options = ['--org', run.org, '--pipe', run.pipe, '--behavior', run.behavior.id, '--input', input];
  const env = { BYOM_TASK_QUEUE: scene.queues.command };
  const { stderr } = await scene.byom('byom run', ['run', ...options], env);
  const [, workflowId = ''] = /^(byom:\S+) is running/m.exec(stderr) ?? [];
  return scene.client.workflow.getHandle(workflowId);
}

/** Sealed answers of runs that have not ended. */
async function answersKept({ postgres }: Scene): Promise<number> {
  const rows = await ask(postgres.url('postgres'), 'select from byom.attempt_answers');
  return rows.length;
}

/** A worker that a bug ends in the middle of a call, with nobody to catch it. */
async function crashWorker(scene: Scene): Promise<{ readonly handle: WorkflowHandle; readonly ran: Ran }> {
  const preload = pathToFileURL(join(here, 'crash-in-call.mjs')).href;
  const worker = scene.start('byom worker that crashes', ['worker'], {
    BYOM_TASK_QUEUE: scene.queues.crash,
    NODE_OPTIONS: `--import=${preload}`,
  });
  const handle = await begin(scene, await makeRun(scene, unfinishedCall), scene.queues.crash);
  const ran = await worker.ended;
  await handle.terminate('The worker is dead.');
  return { handle, ran };
}

/** While the engine is at the first action: what Temporal keeps of a cancelled run is in its memo. */
async function cancelRun(scene: Scene): Promise<Started> {
  const run = await makeRun(scene, 'plan');
  const blocker = new PostgresClient({ connectionString: scene.postgres.url('postgres') });
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('select from pipe_engine.cards where id = $1 for update', [run.card.id]);
  const handle = await begin(scene, run, scene.queues.host);
  const waiting = `select from pg_stat_activity where wait_event_type = 'Lock'`;
  await eventually(async () => (await ask(scene.postgres.url('postgres'), waiting)).length > 0);
  await handle.cancel();
  await blocker.end();
  return { handle, outcome: await outcome(scene.client, handle.workflowId) };
}

/** Its password is changed under it: what it says of that is in the history of the run that it could not serve. */
async function lockWorkerOut(scene: Scene): Promise<Started> {
  const { postgres, queues } = scene;
  await postgres.setPassword('byom_worker', scene.texts.passwords.changed);
  const url = postgres.url('postgres');
  await ask(url, `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'byom_worker'`);
  const handle = await begin(scene, await makeRun(scene, 'text'), queues.host);
  await eventually(async () => (await lastFailures(handle)).some((text) => text.includes('28P01')), 20_000);
  await postgres.setPassword('byom_worker');
  return { handle, outcome: await outcome(scene.client, handle.workflowId) };
}

/** Of activities that are tried again and again. */
async function lastFailures(handle: WorkflowHandle): Promise<readonly string[]> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).map(({ lastFailure }) => lastFailure?.message ?? '');
}

/** Two by the command; the others by what it calls, each error with all that hangs on it, since a process takes its time. */
async function applyFaultyFiles(scene: Scene): Promise<Readonly<Record<string, Ran>>> {
  const { env, folder } = scene;
  const refused: Record<string, Ran> = {};
  for (const [name, text] of Object.entries(faultyFiles(scene.texts))) {
    const path = await folder.write('faulty.yaml', text);
    refused[`a key ${name}`] = asProcesses.includes(name)
      ? await scene.byom('byom apply', ['apply', path])
      : await applyCommand(path, {}, readConfig(env), env).then(
          () => ({ code: 0, stdout: '', stderr: '' }),
          (error: unknown) => ({
            code: 1,
            stdout: '',
            stderr: `byom: ${lineOf(error)}\n${shownWhole(error)}`,
          }),
        );
  }
  return refused;
}

const asProcesses: readonly string[] = ['written out', 'as the name of a variable'];

function shownWhole(error: unknown): string {
  return inspect(error, { depth: 20, showHidden: true });
}

async function useWrongPassword(scene: Scene, registry: string): Promise<Readonly<Record<string, Ran>>> {
  const { postgres, texts } = scene;
  const wrong = {
    BYOM_DATABASE_URL: postgres.url('byom_owner', texts.passwords.wrong),
    BYOM_API_DATABASE_URL: postgres.url('byom_api', texts.passwords.wrong),
    BYOM_WORKER_DATABASE_URL: postgres.url('byom_worker', texts.passwords.wrong),
    NODE_DEBUG: '',
  };
  const commands = [['migrate', 'up'], ['apply', registry], ['worker'], ['keys', 'status'], ['dev']];
  const rans = await Promise.all(
    commands.map(async (args) => {
      const name = `byom ${args[0]} with a wrong password`;
      return [name, await scene.byom(name, args, wrong)] as const;
    }),
  );
  return Object.fromEntries(rans);
}
