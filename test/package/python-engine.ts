import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Action } from '../../contract/index.ts';
import { runCommand, startChild } from '../../sandbox/processes.ts';
import type { Child } from '../../sandbox/processes.ts';
import { registryOf, serve, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { card, email, move, play, resetToStart, runWith } from './engine-runs.ts';

/** `npm run test:python`: the engine of `docs/examples/python-engine`, in a virtual environment that is thrown away. */
const example = 'docs/examples/python-engine';
let folder: string;
let served: Served;
let engine: Child;

beforeAll(async () => {
  process.stderr.write(
    "Installing PyPI's temporalio into a virtual environment in a temporary folder (about 15 s) …\n",
  );
  folder = await mkdtemp(join(tmpdir(), 'pipe-byom-python-'));
  await run('python3', ['-m', 'venv', join(folder, 'venv')]);
  await python(
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    `${example}/requirements.txt`,
  );
  served = await serve();
  await served.apply(registryOf({ acme: usualOrganization }));
  await python('-c', addCard);
  engine = startChild(join(folder, 'venv/bin/python'), [`${example}/engine.py`], {
    env: engineEnvironment(),
    removeAfter: folder,
  });
}, 240_000);
afterAll(async () => {
  await engine?.stop();
  await served?.close();
  await rm(folder, { recursive: true, force: true });
});

const write: Action = {
  referenceId: 'write',
  actionType: 'update_card',
  name: 'Write the answer',
  metadata: { pipeId: 'p1', fieldsAttributes: [{ fieldId: '7', inputMode: 'fill_with_ai', value: '' }] },
};
test('the engine carries out each action once, also when the run is replayed, and hears how it ended', async () => {
  const asked = runWith(engineQueue(), [write, move('move', 'Done')], { notify: true });
  const { workflowId, ended } = await play(served, asked);
  expect(ended).toMatchObject({
    status: 'completed',
    actions: [{ status: 'done', fields: { 7: expect.any(String) } }, { status: 'done' }],
  });
  const after = await stateOfEngine();
  expect(after.card.phase).toBe('Done');
  expect(after.effects.map(({ key, state }) => [key, state])).toEqual([
    [`${workflowId}/move/1`, 'done'],
    [`${workflowId}/write/1`, 'done'],
  ]);
  expect(after.outcomes).toEqual([workflowId]);

  const again = await resetToStart(served, workflowId);
  expect(again.actions.map(({ status }) => status)).toEqual(['already-done', 'already-done']);
  expect(await stateOfEngine()).toEqual(after);
});

test('the engine takes back what it did when a later action of the same plan is refused', async () => {
  const before = await stateOfEngine();
  const asked = runWith(engineQueue(), [move('move', 'Elsewhere'), email], { onActionFailure: 'compensate' });
  const { workflowId, ended } = await play(served, asked);
  expect(ended.status).toBe('failed');
  expect(ended.actions.map(({ status }) => status)).toEqual(['undone', 'failed']);
  const after = await stateOfEngine();
  expect(after.card).toEqual(before.card);
  const effect = after.effects.find(({ key }) => key === `${workflowId}/move/1`);
  expect(effect).toMatchObject({ state: 'undone', fence: expect.any(Number) });
});

test('a late try of an action that was taken back is refused, and a later one is carried out', async () => {
  expect(JSON.parse(await python('-c', tryLate))).toEqual(['action.undone', 'done']);
});

interface EngineState {
  readonly card: { readonly phase: string; readonly fields: string };
  readonly effects: readonly {
    readonly key: string;
    readonly state: string;
    readonly fence: number | null;
  }[];
  readonly outcomes: readonly string[];
}

async function stateOfEngine(): Promise<EngineState> {
  return JSON.parse(await python('-c', readState)) as EngineState;
}

const openDatabase = `
import json, os, sqlite3, sys
sys.path.insert(0, '${example}')
from engine import Engine
engine = Engine(os.environ['PIPE_ENGINE_DATABASE'])
sql = sqlite3.connect(os.environ['PIPE_ENGINE_DATABASE'])
sql.row_factory = sqlite3.Row
rows = lambda question: [dict(row) for row in sql.execute(question)]
`;
const addCard = `${openDatabase}
sql.execute("insert into cards (id, phase) values ('${card.id}', 'Intake')")
sql.commit()
`;
const readState = `${openDatabase}
print(json.dumps({
    'card': rows("select phase, fields from cards")[0],
    'effects': rows("select key, state, fence from effects order by key"),
    'outcomes': [row['workflow_id'] for row in rows("select workflow_id from outcomes")],
}))
`;

/** The activities are plain methods, so what Temporal does only when a worker stalls can be had at once. */
const tryLate = `${openDatabase}
from temporalio.exceptions import ApplicationError
action = {'referenceId': 'x', 'actionType': 'move_card', 'name': '', 'metadata': {'destinationPhaseId': 'Late'}}
at = lambda second: {
    'idempotencyKey': 'late', 'card': '${card.id}', 'action': action, 'fields': {},
    'requestedAt': f'2026-11-24T10:00:0{second}.000Z',
}
engine.compensate_action({**at(2), 'undo': None})
answers = []
for second in (2, 3):
    try:
        answers.append(engine.execute_action(at(second))['status'])
    except ApplicationError as refused:
        answers.append(refused.type)
print(json.dumps(answers))
`;

function engineQueue(): string {
  return `python-${served.taskQueue}`;
}

function engineEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PIPE_ENGINE_DATABASE: join(folder, 'engine.sqlite'),
    ...(served === undefined
      ? {}
      : { TEMPORAL_ADDRESS: served.temporal.address, PIPE_ENGINE_TASK_QUEUE: engineQueue() }),
  };
}

async function python(...args: readonly string[]): Promise<string> {
  return run(join(folder, 'venv/bin/python'), args);
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { ok, how, output } = await runCommand(command, args, { env: engineEnvironment() });
  if (!ok) throw new Error(`${command} ${how}:\n${output}`);
  return output;
}
