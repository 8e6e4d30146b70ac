import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, startChild } from '../../sandbox/processes.ts';
import type { Child } from '../../sandbox/processes.ts';
import { registryOf, serve, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { card, email, move, play, resetToStart, runWith } from './engine-runs.ts';

/** `npm run test:go`: the engine of `docs/examples/go-engine`, built into a folder that is thrown away. Needs Go 1.26. */
const example = 'docs/examples/go-engine';

let folder: string;
let served: Served;
let engine: Child;

beforeAll(async () => {
  process.stderr.write('Building the engine with Go (up to a minute the first time) …\n');
  folder = await mkdtemp(join(tmpdir(), 'pipe-byom-go-'));
  const program = join(folder, 'engine');
  await run('go', ['build', '-C', example, '-o', program, '.']);
  served = await serve();
  await served.apply(registryOf({ acme: usualOrganization }));
  const schema = 'create table cards (id text primary key, phase text not null)';
  await inDatabase(
    `sql.execute("${schema}"); sql.execute("insert into cards values ('${card.id}', 'Intake')"); sql.commit()`,
  );
  engine = startChild(program, [], { env: environment(), removeAfter: folder });
}, 240_000);
afterAll(async () => {
  await engine?.stop();
  await served?.close();
  await rm(folder, { recursive: true, force: true });
});

test('the engine carries out each action once, also when the run is replayed, and hears how it ended', async () => {
  const asked = runWith(queue(), [move('a', 'Doing'), move('b', 'Done')], { notify: true });
  const { workflowId, ended } = await play(served, asked);
  expect(ended).toMatchObject({ status: 'completed', actions: [{ status: 'done' }, { status: 'done' }] });
  const after = await stateOfEngine();
  expect(after).toEqual({
    phase: 'Done',
    effects: [
      [`${workflowId}/a/1`, 'done'],
      [`${workflowId}/b/1`, 'done'],
    ],
    outcomes: [workflowId],
  });
  const again = await resetToStart(served, workflowId);
  expect(again.actions.map(({ status }) => status)).toEqual(['already-done', 'already-done']);
  expect(await stateOfEngine()).toEqual(after);
});

test('the engine takes back what it did when a later action of the same plan is refused', async () => {
  const asked = runWith(queue(), [move('a', 'Elsewhere'), email], { onActionFailure: 'compensate' });
  const { workflowId, ended } = await play(served, asked);
  expect([ended.status, ended.actions.map(({ status }) => status)]).toEqual(['failed', ['undone', 'failed']]);
  const after = await stateOfEngine();
  expect(after.phase).toBe('Done');
  expect(after.effects).toContainEqual([`${workflowId}/a/1`, 'undone']);
});

interface EngineState {
  readonly phase: string;
  readonly effects: readonly (readonly [key: string, state: string])[];
  readonly outcomes: readonly string[];
}

async function stateOfEngine(): Promise<EngineState> {
  const output = await inDatabase(`print(json.dumps({
    'phase': sql.execute("select phase from cards").fetchone()[0],
    'effects': sql.execute("select key, state from effects order by key").fetchall(),
    'outcomes': [row[0] for row in sql.execute("select workflow_id from outcomes")],
}))`);
  return JSON.parse(output) as EngineState;
}

function inDatabase(python: string): Promise<string> {
  const open =
    "import json, os, sqlite3\nsql = sqlite3.connect(os.environ['PIPE_ENGINE_DATABASE'], timeout=30)\n";
  return run('python3', ['-c', open + python]);
}

function queue(): string {
  return `go-${served.taskQueue}`;
}

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PIPE_ENGINE_DATABASE: join(folder, 'engine.sqlite'),
    ...(served === undefined
      ? {}
      : { TEMPORAL_ADDRESS: served.temporal.address, PIPE_ENGINE_TASK_QUEUE: queue() }),
  };
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { ok, how, output } = await runCommand(command, args, { env: environment() });
  if (!ok) throw new Error(`${command} ${how}:\n${output}`);
  return output;
}
