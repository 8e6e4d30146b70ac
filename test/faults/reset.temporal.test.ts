import { outcome } from '../../client/index.ts';
import type { RunOutcome } from '../../contract/index.ts';
import { createRegistry } from '../../registry/index.ts';
import { setAssignment } from '../support/change-registry.ts';
import type { OpenRegistry, RunIdentity } from '../../registry/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { actionFailed } from '../support/scripted-engine.ts';
import { firstTask, resetRun } from '../support/reset-run.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { startScriptedServer } from '../vendors/scripted-server.ts';
import type { ScriptedServer } from '../vendors/scripted-server.ts';
import { createGate } from './gate.ts';
import { emailRun, openStoppableEngine } from './stoppable-engine.ts';
import type { StoppableEngine } from './stoppable-engine.ts';

let served: Served;
let engine: StoppableEngine;
let registry: OpenRegistry;
let backwards: ScriptedServer;

beforeAll(async () => {
  served = await serve();
  backwards = await startScriptedServer();
  await served.apply(
    registryOf({
      acme: usualOrganization
        .replace('policy: {', 'policy: { onFailure: none,')
        .replace('p1: { b1: own }', 'p1: { b1: own, b2: own, b3: own, b4: own, b5: own }'),
    })
      .replace(`\${env:VENDORS}/acme-default/v1`, `${backwards.url}/v1`)
      .replace('upstreamId: usual }', 'upstreamId: usual, supports: { streaming: false } }'),
  );
  engine = await openStoppableEngine(served, 'acme');
  await engine.start();
  registry = createRegistry({ workerUrl: served.urls.worker, openKeys: served.openKeys });
});
afterEach(() => {
  served.vendors.reset();
  engine.asked.length = 0;
  engine.answered.length = 0;
});
afterAll(async () => {
  await registry.close();
  await engine.close();
  await served.close();
  await backwards.close();
});

const once = { sent: 1, recalled: 0 };

const reset = (workflowId: string, eventId: number) => resetRun(served.client, workflowId, eventId);

/** The event that the message of a failed run names, as an operator would read it in the Temporal UI. */
async function namedEvent(workflowId: string): Promise<number> {
  const failed: unknown = await served.client.workflow
    .getHandle(workflowId)
    .result()
    .catch((error: unknown) => error);
  const { message } = (failed as { readonly cause: Error }).cause;
  const [, eventId] = /--event-id (\d+)/.exec(message) ?? [];
  return Number(eventId);
}

async function rowOf(workflowId: string) {
  const [row] = await ask<{ status: string; run: string; first: string; asked: string }>(
    served.urls.superuser,
    `select status, run_id as run, first_run_id as first, asked_at_ms::text as asked
     from byom.runs where workflow_id = $1`,
    [workflowId],
  );
  return row;
}

const assign = (behavior: string, model: string) =>
  setAssignment(served.urls.api, { org: 'acme', pipe: 'p1', behavior, model });

/** The default model's answer: this order of actions, whatever was asked. */
function answerInOrder(...referenceIds: readonly string[]): void {
  const content = JSON.stringify({
    actionCalls: referenceIds.map((referenceId) => ({ referenceId, fields: {} })),
    summary: 'In another order.',
  });
  const answer = {
    id: 'x',
    object: 'chat.completion',
    model: 'usual',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
  backwards.play({ chunks: [JSON.stringify(answer)] });
}

test('a failed run, reset to the event that its message names after the registry was corrected, asks the corrected model', async () => {
  served.vendors.fault('acme-own', { kind: 'status', status: 404 });
  const run = await emailRun(served, 'acme', engine.taskQueue);
  const workflowId = await served.start(run);
  const eventId = await namedEvent(workflowId);
  const before = await rowOf(workflowId);
  expect(before).toMatchObject({ status: 'failed' });

  await assign('b1', 'usual');
  answerInOrder('a', 'b', 'c');
  await reset(workflowId, eventId);
  expect(await outcome(served.client, workflowId)).toMatchObject({
    status: 'completed',
    answeredBy: { model: 'usual' },
    hops: [{ model: 'usual', calls: 1 }],
    actions: [{ status: 'done' }, { status: 'done' }, { status: 'done' }],
  });
  const after = await rowOf(workflowId);
  expect(after).toMatchObject({ status: 'completed', first: before?.first });
  expect(after?.run).not.toBe(before?.run);
  expect(served.vendors.callsTo('acme-own')).toHaveLength(1);
  expect(await engine.effectsOf(run)).toEqual({ a: once, b: once, c: once });
});

test('a partial run, reset: what was done is answered already-done, what failed is done now, in whatever order', async () => {
  engine.once('before', 'executeAction', 'b', () => Promise.reject(actionFailed()));
  const run = await emailRun(served, 'acme', engine.taskQueue, { id: 'b2' });
  const workflowId = await served.start(run);
  expect(await outcome(served.client, workflowId)).toMatchObject({ status: 'partial' });

  await assign('b2', 'usual');
  answerInOrder('c', 'b', 'a');
  await reset(workflowId, firstTask);
  expect(await outcome(served.client, workflowId)).toMatchObject({
    status: 'completed',
    answeredBy: { model: 'usual' },
    actions: [
      { referenceId: 'c', status: 'already-done' },
      { referenceId: 'b', status: 'done' },
      { referenceId: 'a', status: 'already-done' },
    ],
  });
  expect(await engine.effectsOf(run)).toEqual({ a: once, b: once, c: once });
  expect(await rowOf(workflowId)).toMatchObject({ status: 'completed' });
});

test('a run whose actions were taken back, reset: they are done anew', async () => {
  engine.once('before', 'executeAction', 'c', () => Promise.reject(actionFailed()));
  const run = await emailRun(served, 'acme', engine.taskQueue, { id: 'b3', onActionFailure: 'compensate' });
  const workflowId = await served.start(run);
  const eventId = await namedEvent(workflowId);
  expect(await engine.effectsOf(run)).toEqual({ a: { sent: 1, recalled: 1 }, b: { sent: 1, recalled: 1 } });

  await reset(workflowId, eventId);
  expect(await outcome(served.client, workflowId)).toMatchObject({ status: 'completed' });
  const again = { sent: 2, recalled: 1 };
  expect(await engine.effectsOf(run)).toEqual({ a: again, b: again, c: once });
});

test('an action that was under way at the reset and goes on afterwards is done once', async () => {
  const { opened, open } = createGate();
  engine.once('before', 'executeAction', 'b', () => opened);
  const run = await emailRun(served, 'acme', engine.taskQueue, { id: 'b4' });
  const workflowId = await served.start(run);
  await eventually(() => engine.asked.includes('executeAction b'));

  await reset(workflowId, firstTask);
  expect(await outcome(served.client, workflowId)).toMatchObject({
    status: 'completed',
    actions: [{ status: 'already-done' }, { status: 'done' }, { status: 'done' }],
  });
  open();
  await eventually(() => engine.answered.includes('b already-done'));
  expect(await engine.effectsOf(run)).toEqual({ a: once, b: once, c: once });
});

test('an action that was under way at the reset and goes on after the new run has undone it stays undone', async () => {
  const { opened, open } = createGate();
  engine.once('before', 'executeAction', 'b', () => opened);
  const run = await emailRun(served, 'acme', engine.taskQueue, { id: 'b4', onActionFailure: 'compensate' });
  const workflowId = await served.start(run);
  await eventually(() => engine.asked.includes('executeAction b'));

  engine.once('before', 'executeAction', 'c', () => Promise.reject(actionFailed()));
  await reset(workflowId, firstTask);
  expect(await outcome(served.client, workflowId)).toMatchObject({ status: 'failed' });
  const undone = { sent: 1, recalled: 1 };
  expect(await engine.effectsOf(run)).toEqual({ a: undone, b: undone });
  open();
  await eventually(() => engine.answered.includes('b refused'));
  expect(await engine.effectsOf(run)).toEqual({ a: undone, b: undone });
});

describe('a worker that wakes up after the run it served was reset', () => {
  async function resetInTheCall() {
    served.vendors.fault('acme-own', { kind: 'silence', times: 1 });
    const run = textRun('acme', { id: 'b5' });
    const workflowId = await served.start(run);
    await eventually(() => served.vendors.callsTo('acme-own').length === 1);
    const before = await rowOf(workflowId);
    await reset(workflowId, firstTask);
    const ended = await outcome(served.client, workflowId);
    expect(ended).toMatchObject({ status: 'completed', answeredBy: { model: 'own' } });
    const identity: RunIdentity = {
      org: 'acme',
      pipe: 'p1',
      behavior: 'b5',
      dataClass: null,
      workflowId,
      runId: before?.run ?? '',
      firstRunId: before?.first ?? '',
      askedAtMs: Number(before?.asked),
      round: 0,
    };
    return { workflowId, ended, identity };
  }
  const late = (ended: RunOutcome) => ({ ...ended, text: 'From a run that was replaced.' });
  const reply = { text: 'From a run that was replaced.', finish: 'stop', usage: null } as const;

  test('may settle its call, but its answer does not end the run', async () => {
    const { workflowId, ended, identity } = await resetInTheCall();
    const row = await rowOf(workflowId);
    const ends = { draft: late(ended), credits: null };
    const result = { state: 'answered', reply, valid: true, ends } as const;
    expect(await registry.settle({ ...identity, call: 1, result })).toBeNull();
    expect(await rowOf(workflowId)).toEqual(row);
  });

  test('cannot record its outcome', async () => {
    const { workflowId, ended, identity } = await resetInTheCall();
    const row = await rowOf(workflowId);
    await registry.recordOutcome({ ...identity, draft: late(ended), unsettled: [], credits: null });
    expect(await registry.recordLost({ ...identity, draft: late(ended) })).toBe(false);
    expect(await rowOf(workflowId)).toEqual(row);
    const [kept] = await ask<{ text: string }>(
      served.urls.superuser,
      "select draft->>'text' as text from byom.runs where workflow_id = $1",
      [workflowId],
    );
    expect(kept?.text).toBe(ended.text);
  });
});
