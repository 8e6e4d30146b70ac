import { Failure, workflowIdOf, type BehaviorRun } from '../../contract/index.ts';
import { createEngine } from '../../sandbox/engine/engine.ts';
import type { BehaviorDefinition, PipeDefinition } from '../../sandbox/engine/pipe-definition.ts';
import { defineBehavior, fillFields, moveTo, type BehaviorParts } from '../../sandbox/use-cases/use-case.ts';
import { openEngine, requestOf, startedRun, type OpenEngine } from './open-engine.ts';

const fields = [
  { id: '1', label: 'text', type: 'long_text' },
  { id: '2', label: 'kind', type: 'short_text' },
  { id: '3', label: 'secret', type: 'short_text' },
];

function behavior(id: string, parts: Partial<BehaviorParts>): BehaviorDefinition {
  return defineBehavior({
    id,
    name: id,
    on: { eventId: 'card_created' },
    instruction: 'Read %{field:1}. %{action:a-fill}',
    actions: [fillFields('a-fill', 'Fill', 'p-1', ['2'])],
    ...parts,
  });
}

function pipeWith(...behaviors: readonly BehaviorDefinition[]): PipeDefinition {
  return {
    org: 'acme',
    id: 'p-1',
    name: 'Pipe',
    phases: [
      { id: 'one', name: 'One' },
      { id: 'two', name: 'Two' },
    ],
    moves: { one: ['two'], two: ['one'] },
    fields,
    knowledge: [
      { id: 'k-1', name: 'Rules', text: 'Be kind.' },
      { id: 'k-2', name: 'Other', text: 'Unused.' },
    ],
    agents: [{ id: 'a-1', name: 'Agent', instruction: 'Work.', dataSourceIds: ['k-1'], behaviors }],
  };
}

let open: OpenEngine;
let started: BehaviorRun[];
/** What a start does; each test may give its own. */
let onStart: (run: BehaviorRun) => Promise<unknown>;
beforeAll(async () => {
  open = await openEngine(async (run) => {
    started.push(run);
    return startedRun(run, onStart(run));
  });
});
afterAll(() => open.close());
beforeEach(async () => {
  started = [];
  onStart = async () => {};
  await open.pool.query(`update pipe_engine.events set delivered_at = now() where delivered_at is null`);
});

const behaviorsStarted = () => started.map((run) => run.behavior.id);

/** Executes an action of a run, as a workflow would. */
function act(run: BehaviorRun, action: BehaviorRun['behavior']['actions'][number], values = {}) {
  return open.engine.activities.executeAction(
    requestOf({
      card: run.card.id,
      pipe: run.pipe,
      behavior: run.behavior.id,
      workflowId: workflowIdOf(run.org, run.behavior.id, run.event.id),
      action,
      fields: values,
    }),
  );
}

describe('who listens', () => {
  test('a created card starts the Behaviors that wait for one, in their order, and no other', async () => {
    const pipe = pipeWith(
      behavior('b-1', {}),
      behavior('b-2', { on: { eventId: 'card_moved' } }),
      behavior('b-3', {}),
      { ...behavior('b-off', {}), active: false },
    );
    await open.engine.install(pipe);
    await open.engine.createCard(pipe, { fields: { '1': 'x' } });
    await open.engine.whenIdle();
    expect(behaviorsStarted()).toEqual(['b-1', 'b-3']);
  });

  test('a move is heard where it leads, and by those who hear every move', async () => {
    const pipe = pipeWith(
      behavior('b-two', { on: { eventId: 'card_moved', eventParams: { to_phase_id: 'two' } } }),
      behavior('b-any', { on: { eventId: 'card_moved' } }),
    );
    await open.engine.install(pipe);
    const card = await open.engine.createCard(pipe, { fields: {} });
    await open.engine.moveCard(card, 'two');
    await open.engine.whenIdle();
    expect(behaviorsStarted()).toEqual(['b-two', 'b-any']);
    started = [];
    await open.engine.moveCard(card, 'one');
    await open.engine.whenIdle();
    expect(behaviorsStarted()).toEqual(['b-any']);
  });

  test('a changed field is heard by those who watch it; the same value again is no change', async () => {
    const pipe = pipeWith(
      behavior('b-2', { on: { eventId: 'field_updated', eventParams: { triggerFieldIds: ['2', '3'] } } }),
      behavior('b-1', { on: { eventId: 'field_updated', eventParams: { triggerFieldIds: ['1'] } } }),
    );
    await open.engine.install(pipe);
    const card = await open.engine.createCard(pipe, { fields: { '1': 'x' } });
    await open.engine.updateCard(card, { '2': 'y' });
    await open.engine.updateCard(card, { '2': 'y' });
    await open.engine.whenIdle();
    expect(behaviorsStarted()).toEqual(['b-2']);
  });

  test('a condition that does not hold starts nothing', async () => {
    const condition = {
      expressions: [{ structure_id: 0, field_address: '1', operation: 'equals', value: 'yes' }],
      expressions_structure: [[0]],
    };
    const pipe = pipeWith(behavior('b-1', { condition }));
    await open.engine.install(pipe);
    await open.engine.createCard(pipe, { fields: { '1': 'no' } });
    await open.engine.createCard(pipe, { fields: { '1': 'yes' } });
    await open.engine.whenIdle();
    expect(started.map((run) => run.card.fields[0]?.value)).toEqual(['yes']);
  });

  test('a condition that cannot be evaluated is named when the pipe is installed', async () => {
    const condition = {
      expressions: [{ structure_id: 0, field_address: '1', operation: 'rhymes_with' }],
      expressions_structure: [[0]],
    };
    await expect(open.engine.install(pipeWith(behavior('b-1', { condition })))).rejects.toThrow(
      'Pipe p-1, Behavior b-1, condition: operation rhymes_with is not known.',
    );
  });
});

describe('what a run holds', () => {
  test('values that the Behavior refers to, definitions of what it fills, and nothing else of the card', async () => {
    const pipe = pipeWith(behavior('b-1', {}));
    await open.engine.install(pipe);
    const card = await open.engine.createCard(pipe, {
      title: 'T',
      fields: { '1': 'x', '2': 'old', '3': 'hidden' },
      eventId: 'evt-holds',
    });
    await open.engine.whenIdle();
    expect(started).toEqual([
      {
        version: 1,
        org: 'acme',
        pipe: 'p-1',
        engineTaskQueue: 'pipe-engine',
        event: { id: 'evt-holds', type: 'card_created', at: expect.any(String) },
        agent: { id: 'a-1', name: 'Agent' },
        behavior: {
          id: 'b-1',
          name: 'b-1',
          answer: 'plan',
          agentInstruction: 'Work.',
          dataClass: null,
          instruction: 'Read %{field:1}. %{action:a-fill}',
          knowledge: [{ name: 'Rules', text: 'Be kind.' }],
          capabilities: [],
          actions: [fillFields('a-fill', 'Fill', 'p-1', ['2'])],
        },
        card: {
          id: card,
          title: 'T',
          system: {
            created_at: expect.any(String),
            current_phase: 'One',
            automation_event_execution_datetime: expect.any(String),
          },
          fields: [{ ...fields[0], value: 'x' }, fields[1]],
        },
        notify: true,
      },
    ]);
  });

  test('a template that copies a field brings its value along', async () => {
    const copy = {
      ...fillFields('a-fill', 'Fill', 'p-1', []),
      metadata: { fieldsAttributes: [{ fieldId: '2', inputMode: 'copy_from', value: '%{3}' }] },
    };
    const pipe = pipeWith(behavior('b-1', { actions: [copy] }));
    await open.engine.install(pipe);
    await open.engine.createCard(pipe, { fields: { '3': 'copied' } });
    await open.engine.whenIdle();
    expect(started[0]?.card.fields.find((field) => field.id === '3')?.value).toBe('copied');
  });
});

describe('chains', () => {
  const move = moveTo('a-move', 'Move', 'two');

  test('an action triggers the next Behavior, one deeper, and the chain is waited for', async () => {
    const pipe = pipeWith(
      behavior('b-1', { actions: [move] }),
      behavior('b-2', { on: { eventId: 'card_moved' } }),
    );
    await open.engine.install(pipe);
    onStart = async (run) => {
      if (run.behavior.id === 'b-1') await act(run, move);
    };
    const card = await open.engine.createCard(pipe, { fields: {}, eventId: 'evt-chain' });
    await open.engine.whenIdle(card);
    expect(behaviorsStarted()).toEqual(['b-1', 'b-2']);
    expect(started[1]?.event.origin).toEqual({ workflowId: 'byom:acme:b-1:evt-chain', depth: 1 });
    expect(await open.engine.runs(card)).toMatchObject([
      { behavior: 'b-1', depth: 0 },
      { behavior: 'b-2', depth: 1 },
    ]);
  });

  test('a Behavior is not triggered by its own write, but others are', async () => {
    const on = { eventId: 'field_updated' } as const;
    const pipe = pipeWith(behavior('b-own', { on }), behavior('b-other', { on }));
    await open.engine.install(pipe);
    const [fill] = behavior('b-own', {}).actionParams.aiBehaviorParams.actionsAttributes;
    onStart = async (run) => {
      if (run.behavior.id === 'b-own') await act(run, fill!, { '2': `by ${run.event.id}` });
    };
    const card = await open.engine.createCard(pipe, { fields: {} });
    await open.engine.updateCard(card, { '1': 'x' });
    await open.engine.whenIdle(card);
    expect(behaviorsStarted()).toEqual(['b-own', 'b-other', 'b-other']);
  });

  test('a circle of two Behaviors ends at the depth limit', async () => {
    const on = { eventId: 'field_updated' } as const;
    const pipe = pipeWith(behavior('b-a', { on }), behavior('b-b', { on }));
    await open.engine.install(pipe);
    const [fill] = behavior('b-a', {}).actionParams.aiBehaviorParams.actionsAttributes;
    onStart = async (run) => {
      await act(run, fill!, { '2': `${run.behavior.id} ${run.event.id}` });
    };
    const card = await open.engine.createCard(pipe, { fields: {} });
    await open.engine.updateCard(card, { '1': 'x' });
    await open.engine.whenIdle(card);
    const depths = started.map((run) => run.event.origin?.depth ?? 0);
    // Both begin, and each answers to the other's writes.
    expect(Math.max(...depths)).toBe(10);
    expect(started).toHaveLength(22);
  });
});

describe('delivery', () => {
  test('an event whose start failed says why, and comes again as the same run', async () => {
    const pipe = pipeWith(behavior('b-1', {}));
    await open.engine.install(pipe);
    let fails = 2;
    const failing = await createEngine({
      databaseUrl: open.databaseUrl,
      delivers: false,
      async start(run) {
        started.push(run);
        if (fails-- > 0) throw new Error('The server is away.');
        return startedRun(run);
      },
    });
    const card = await failing.createCard(pipe, { fields: { '1': 'x' } });
    const noteOf = async () => {
      const sql = 'select note from pipe_engine.events where card_id = $1';
      return (await open.pool.query<{ note: string | null }>(sql, [card])).rows[0]?.note;
    };
    await failing.deliver();
    expect(await noteOf()).toBe('not yet: Error: The server is away.');
    await failing.whenIdle(card);
    await failing.close();
    expect(await noteOf()).toBeNull();
    expect(started).toHaveLength(3);
    expect(new Set(started.map((run) => JSON.stringify(run))).size).toBe(1);
    expect(await open.engine.runs(card)).toHaveLength(1);
  });

  test('an engine that died before it delivered leaves the event to the next one', async () => {
    const pipe = pipeWith(behavior('b-1', {}));
    await open.engine.install(pipe);
    const dying = await createEngine({
      databaseUrl: open.databaseUrl,
      delivers: false,
      start: async () => {
        throw new Error('never called');
      },
    });
    await dying.createCard(pipe, { fields: {}, eventId: 'evt-left' });
    await dying.close();
    await open.engine.whenIdle();
    expect(started.map((run) => run.event.id)).toEqual(['evt-left']);
  });

  test('a run that is refused for good is noted, and the other Behaviors are started', async () => {
    const pipe = pipeWith(behavior('b-big', {}), behavior('b-small', {}));
    await open.engine.install(pipe);
    const refusing = await createEngine({
      databaseUrl: open.databaseUrl,
      delivers: false,
      async start(run) {
        if (run.behavior.id === 'b-big') throw new Failure('run.too-large', 'More than 30 pages.');
        started.push(run);
        return startedRun(run);
      },
    });
    const card = await refusing.createCard(pipe, { fields: {} });
    await refusing.whenIdle(card);
    await refusing.close();
    expect(behaviorsStarted()).toEqual(['b-small']);
    const { rows } = await open.pool.query('select note from pipe_engine.events where card_id = $1', [card]);
    expect(rows).toEqual([{ note: 'b-big: run.too-large' }]);
  });

  test('two engines on one database deliver an event once', async () => {
    const pipe = pipeWith(behavior('b-1', {}));
    await open.engine.install(pipe);
    const second = await createEngine({
      databaseUrl: open.databaseUrl,
      delivers: false,
      async start(run) {
        started.push(run);
        return startedRun(run);
      },
    });
    for (let n = 0; n < 10; n += 1) await open.engine.createCard(pipe, { fields: {} });
    await Promise.all([open.engine.whenIdle(), second.whenIdle()]);
    await second.close();
    expect(new Set(started.map((run) => run.event.id)).size).toBe(10);
    expect(started).toHaveLength(10);
  });

  test('waiting for a card whose run does not end gives up with a sentence', async () => {
    const pipe = pipeWith(behavior('b-1', {}));
    await open.engine.install(pipe);
    let end: () => void = () => {};
    onStart = () => new Promise<void>((resolve) => (end = resolve));
    const card = await open.engine.createCard(pipe, { fields: {} });
    await expect(open.engine.whenIdle(card, 200)).rejects.toThrow('Not every run had ended within 200 ms.');
    end();
    await open.engine.whenIdle(card);
  });
});
