import { randomUUID } from 'node:crypto';
import { itTriage } from '../../sandbox/use-cases/it-triage.ts';
import { fillFields, moveTo } from '../../sandbox/use-cases/use-case.ts';
import type { Action, ActionType } from '../../contract/index.ts';
import { neverStarts, openEngine, requestOf, undoOf, type Asked, type OpenEngine } from './open-engine.ts';

const [intake, triage, rca, resolved] = ['900001010', '900001011', '900001012', '900001013'] as const;
const [pipe] = itTriage.pipes;
if (!pipe) throw new Error('The use case has a pipe.');
const connected = {
  ...pipe,
  id: 'p-child',
  phases: [{ id: 'ph-child', name: 'New' }],
  moves: {},
  agents: [],
};
const fill = fillFields('a-fill', 'Fill', pipe.id, ['900001104', '900001105']);

let open: OpenEngine;
beforeAll(async () => {
  open = await openEngine(neverStarts);
  await open.engine.install({ ...pipe, childPipes: ['p-child'] });
  await open.engine.install({ ...connected, fields: [{ id: 'f-child', label: 'text', type: 'long_text' }] });
});
afterAll(() => open.close());

async function newCard(): Promise<string> {
  return open.engine.createCard(pipe!, { fields: { '900001101': 'Dead keys' } });
}

/** Keys of one card's actions are its own. */
function asked(card: string, action: Action, more: Partial<Asked> = {}): Asked {
  return { card, action, workflowId: `byom:acme:b-1:${card}`, ...more };
}

function execute(card: string, action: Action, more: Partial<Asked> = {}) {
  return open.engine.activities.executeAction(requestOf(asked(card, action, more)));
}

function compensate(card: string, action: Action, more: Partial<Asked> = {}) {
  return open.engine.activities.compensateAction(undoOf(asked(card, action, more)));
}

async function count(table: string, where: string, value: unknown): Promise<number> {
  const { rows } = await open.pool.query(
    `select count(*)::int as count from pipe_engine.${table} where ${where} = $1`,
    [value],
  );
  return rows[0].count;
}

function actionOf(actionType: ActionType, metadata: Record<string, unknown>): Action {
  return { referenceId: 'a-1', actionType, name: actionType, metadata };
}

const email = actionOf('send_email_template', { emailTemplateId: 'tmpl-reset' });

describe('one effect per key', () => {
  test('a second execution reports what was applied the first time', async () => {
    const card = await newCard();
    const first = await execute(card, fill, { fields: { '900001104': 'Hardware' } });
    const second = await execute(card, fill, { fields: { '900001104': 'Software' } });
    expect(first.status).toBe('done');
    expect(second).toMatchObject({ status: 'already-done', fields: { '900001104': 'Hardware' } });
    expect((await open.engine.card(card))?.fields['900001104']).toBe('Hardware');
  });

  test('twenty executions of one key at the same time send one e-mail', async () => {
    const card = await newCard();
    const done = await Promise.all(Array.from({ length: 20 }, () => execute(card, email)));
    expect(done.filter((one) => one.status === 'done')).toHaveLength(1);
    expect(done.filter((one) => one.status === 'already-done')).toHaveLength(19);
    expect(await open.engine.emails(card)).toEqual(['tmpl-reset']);
  });

  test('two keys are two effects', async () => {
    const card = await newCard();
    await execute(card, email, { key: randomUUID() });
    await execute(card, email, { key: randomUUID() });
    expect(await open.engine.emails(card)).toHaveLength(2);
  });

  test('an action that is refused leaves nothing behind, so its key can still be used', async () => {
    const card = await newCard();
    await expect(execute(card, fill, { fields: { '900001104': 'Plants' } })).rejects.toMatchObject({
      type: 'action.failed',
    });
    const again = await execute(card, fill, { fields: { '900001104': 'Access' } });
    expect(again.status).toBe('done');
  });
});

describe('taking back', () => {
  test('fields get their earlier values, and those that were empty are empty again', async () => {
    const card = await newCard();
    await open.engine.updateCard(card, { '900001104': 'Access' });
    await execute(card, fill, { fields: { '900001104': 'Hardware', '900001105': 24 } });
    await compensate(card, fill);
    expect((await open.engine.card(card))?.fields).toEqual({
      '900001101': 'Dead keys',
      '900001104': 'Access',
    });
  });

  test('a value that a person has changed since stays', async () => {
    const card = await newCard();
    await execute(card, fill, { fields: { '900001104': 'Hardware', '900001105': 24 } });
    await open.engine.updateCard(card, { '900001105': 8 });
    await compensate(card, fill);
    expect((await open.engine.card(card))?.fields).toEqual({ '900001101': 'Dead keys', '900001105': 8 });
  });

  test('a card goes back to where it was, though no move leads there', async () => {
    const card = await newCard();
    const move = moveTo('a-move', 'Move', triage);
    await execute(card, move);
    await compensate(card, move);
    expect((await open.engine.card(card))?.phase).toBe(intake);
  });

  test('a card that has moved on stays where it is', async () => {
    const card = await newCard();
    const move = moveTo('a-move', 'Move', triage);
    await execute(card, move);
    await open.engine.moveCard(card, resolved);
    await compensate(card, move);
    expect((await open.engine.card(card))?.phase).toBe(resolved);
  });

  test('compensating twice is compensating once', async () => {
    const card = await newCard();
    await open.engine.updateCard(card, { '900001104': 'Access' });
    await execute(card, fill, { fields: { '900001104': 'Hardware' } });
    await compensate(card, fill);
    await open.engine.updateCard(card, { '900001104': 'Hardware' });
    await compensate(card, fill);
    expect((await open.engine.card(card))?.fields['900001104']).toBe('Hardware');
  });

  test('an effect that nobody has heard of yet is taken back with the events it raised', async () => {
    const card = await newCard();
    const move = moveTo('a-move', 'Move', triage);
    await execute(card, move);
    expect(await count('events', 'by_key', `byom:acme:b-1:${card}/a-move/1`)).toBe(1);
    await compensate(card, move);
    expect(await count('events', 'by_key', `byom:acme:b-1:${card}/a-move/1`)).toBe(0);
  });
});

describe('the fence', () => {
  const late = { type: 'action.undone', nonRetryable: true };

  test('an execution requested before the compensation is refused', async () => {
    const card = await newCard();
    await execute(card, email, { at: 1 });
    await compensate(card, email, { at: 2 });
    await expect(execute(card, email, { at: 1 })).rejects.toMatchObject(late);
    expect(await open.engine.emails(card)).toEqual([]);
  });

  test('one requested at the same moment is refused too', async () => {
    const card = await newCard();
    await compensate(card, email, { at: 2 });
    await expect(execute(card, email, { at: 2 })).rejects.toMatchObject(late);
  });

  test('a key that was never executed is fenced as well', async () => {
    const card = await newCard();
    await compensate(card, email, { at: 5 });
    await expect(execute(card, email, { at: 4 })).rejects.toMatchObject(late);
    expect(await open.engine.emails(card)).toEqual([]);
  });

  test('one requested later is a replay and runs again', async () => {
    const card = await newCard();
    await execute(card, email, { at: 1 });
    await compensate(card, email, { at: 2 });
    expect((await execute(card, email, { at: 3 })).status).toBe('done');
    expect(await open.engine.emails(card)).toEqual(['tmpl-reset']);
  });

  test('a compensation that arrives after the replay does not touch it', async () => {
    const card = await newCard();
    await execute(card, email, { at: 1 });
    await compensate(card, email, { at: 2 });
    await execute(card, email, { at: 3 });
    await compensate(card, email, { at: 2 });
    expect(await open.engine.emails(card)).toEqual(['tmpl-reset']);
  });

  test('an earlier compensation does not lower it', async () => {
    const card = await newCard();
    await compensate(card, email, { at: 9 });
    await compensate(card, email, { at: 2 });
    await expect(execute(card, email, { at: 5 })).rejects.toMatchObject(late);
  });

  test('a replay raises events of its own', async () => {
    const card = await newCard();
    const move = moveTo('a-move', 'Move', triage);
    await execute(card, move, { at: 1 });
    const first = await open.pool.query('select id from pipe_engine.events where card_id = $1', [card]);
    await compensate(card, move, { at: 2 });
    await execute(card, move, { at: 3 });
    const second = await open.pool.query('select id from pipe_engine.events where card_id = $1', [card]);
    expect(second.rows).toHaveLength(first.rows.length);
    expect(second.rows).not.toEqual(first.rows);
  });
});

describe('what an action may do', () => {
  test.each([
    ['to a phase that its phase leads to', intake, rca, 'done'],
    ['to where it is', intake, intake, 'skipped'],
    ['to a phase that its phase does not lead to', intake, resolved, null],
    ['to a phase of another pipe', intake, 'ph-child', null],
  ])('a card is moved %s: from %s to %s is %s', async (_, from, to, status) => {
    const card = await newCard();
    const moved = execute(card, moveTo('a-move', 'Move', to));
    if (status) {
      await expect(moved).resolves.toMatchObject({ status });
      expect((await open.engine.card(card))?.phase).toBe(to);
    } else {
      await expect(moved).rejects.toMatchObject({ type: 'action.failed', nonRetryable: true });
      expect((await open.engine.card(card))?.phase).toBe(from);
    }
  });

  test.each<[string, Record<string, unknown>]>([
    ['an option that is not there', { '900001104': 'Plants' }],
    ['text for a number', { '900001105': '24' }],
    ['a field of another pipe', { 'f-child': 'x' }],
  ])('%s is refused for good', async (_, fields) => {
    const card = await newCard();
    await expect(execute(card, fill, { fields })).rejects.toMatchObject({
      type: 'action.failed',
      nonRetryable: true,
    });
  });

  test.each<[string, Partial<Asked>]>([
    ['another organization', { org: 'other' }],
    ['another pipe', { pipe: 'p-child' }],
  ])('a card is not found from %s', async (_, more) => {
    const card = await newCard();
    await expect(execute(card, email, more)).rejects.toMatchObject({ type: 'action.failed' });
    expect(await open.engine.emails(card)).toEqual([]);
  });

  test('a connected card knows its parent, and is gone when it is taken back', async () => {
    const card = await newCard();
    const create = actionOf('create_connected_card', { pipeId: 'p-child' });
    const { undo } = await execute(card, create, { fields: { 'f-child': 'Do this' } });
    const child = (undo as { card: string }).card;
    expect(await open.engine.card(child)).toMatchObject({ pipe: 'p-child', parent: card, title: 'Do this' });
    await compensate(card, create);
    expect(await open.engine.card(child)).toBeUndefined();
  });

  test('a connected card needs a relation between the pipes', async () => {
    const card = await newCard();
    const create = actionOf('create_connected_card', { pipeId: pipe!.id });
    await expect(execute(card, create)).rejects.toMatchObject({ type: 'action.failed' });
  });

  test('a card is created in the phase that is asked for', async () => {
    const card = await newCard();
    const create = actionOf('create_card', { pipeId: pipe!.id, destinationPhaseId: rca });
    const { undo } = await execute(card, create, { fields: { '900001101': 'Another' } });
    expect(await open.engine.card((undo as { card: string }).card)).toMatchObject({
      phase: rca,
      parent: null,
    });
  });

  test('records and calls of tools are written down', async () => {
    const card = await newCard();
    const record = actionOf('create_table_record', { tableId: `t-${card}` });
    await execute(card, record, { fields: { name: 'x' } });
    expect(await count('records', 'table_id', `t-${card}`)).toBe(1);
    const tool = { ...actionOf('mcp_tool', { mcpServerId: 's-1', toolName: 'look-up' }), referenceId: 'a-2' };
    await execute(card, tool, { fields: { query: 'x' } });
    expect(await count('tool_calls', 'card_id', card)).toBe(1);
  });

  test('an action this engine does not have is refused for good', async () => {
    const card = await newCard();
    const unknown = actionOf('toString' as ActionType, {});
    await expect(execute(card, unknown)).rejects.toMatchObject({ type: 'action.failed', nonRetryable: true });
  });
});
