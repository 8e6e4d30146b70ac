import { setDataClass, setPolicy, setRules } from '../support/change-registry.ts';
import type { CallToBegin, OpenCall, RunIdentity } from '../../registry/index.ts';
import type { OutcomeDraft } from '../../contract/index.ts';
import { ask } from '../support/database.ts';
import { callOf, env, identity, lightCandidate, openWorld, question } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const usage = { inputTokens: 1_000, outputTokens: 200, cachedInputTokens: null, reasoningTokens: null };
const reply = { text: 'The answer, with \0 in it', finish: 'stop', usage } as const;

const draft: OutcomeDraft = {
  version: 1,
  status: 'completed',
  answeredBy: null,
  requested: null,
  reason: 'assigned',
  failure: null,
  abort: null,
  hops: [
    {
      layer: 'behavior',
      provider: 'fast',
      model: 'light',
      outcome: 'answered',
      failure: null,
      calls: 0,
      durationMs: 5,
      usage: null,
    },
  ],
  skipped: [],
  actions: [],
  summary: 'Done.',
  text: 'The answer',
};

async function open(run: RunIdentity, over: Partial<CallToBegin> = {}): Promise<OpenCall> {
  const begun = await world.registry.begin(callOf(run, over));
  if (begun.kind !== 'open') throw new Error(`The call is ${begun.kind}.`);
  return begun;
}

async function statesOf({ org, runId }: RunIdentity): Promise<readonly string[]> {
  const sql = 'select state from byom.attempts where org_id = $1 and run_id = $2 order by call';
  const rows = await ask<{ state: string }>(world.database.superuserUrl, sql, [org, runId]);
  return rows.map(({ state }) => state);
}

function answer(run: RunIdentity, call: number, over: { valid?: boolean; ends?: boolean } = {}) {
  const { valid = true, ends = false } = over;
  return world.registry.settle({
    ...run,
    call,
    result: { state: 'answered', reply, valid, ends: ends ? { draft, credits: 3 } : null },
  });
}

test('a call begins with all it needs, and its credential opens in the worker', async () => {
  const call = await open(identity());
  expect(call).toMatchObject({
    call: 1,
    vendor: 'custom',
    upstreamId: 'light-1',
    settings: { baseUrl: 'https://fast.example' },
    supports: {
      structuredOutput: ['json_schema', 'json_object', 'prompt'],
      streaming: true,
      maxTokensField: null,
    },
    limits: { firstTokenMs: 30_000, idleMs: 20_000, totalMs: 600_000, maxOutputTokens: 4_096 },
    repairOf: null,
    counts: { round: 1, byModel: { light: 1 } },
    ceiling: 4,
  });
  expect(call.hopMs).toBeGreaterThanOrEqual(0);
  expect(call.openCredential()).toEqual({ apiKey: env.KEY });
});

test('a valid answer that an earlier try stored comes back under its own layer, and nobody is called', async () => {
  const run = identity();
  const { call } = await open(run);
  await answer(run, call);
  const candidate = { ...lightCandidate, layer: 'organization', reason: 'not-assigned' } as const;
  const begun = await world.registry.begin(callOf(run, { candidate, attempt: 2 }));
  expect(begun).toMatchObject({
    kind: 'answered',
    call: 1,
    candidate: lightCandidate,
    reply: { finish: 'stop', usage },
  });
  expect(await statesOf(run)).toEqual(['answered']);
});

test('an invalid answer that an earlier try stored is repaired', async () => {
  const run = identity();
  const { call } = await open(run);
  await answer(run, call, { valid: false });
  const next = await open(run, { attempt: 2 });
  expect(next).toMatchObject({ call: 2, repairOf: { finish: 'stop', usage } });
  const sql = 'select purpose from byom.attempts where run_id = $1 order by call';
  expect(await ask(world.database.superuserUrl, sql, [run.runId])).toEqual([
    { purpose: 'answer' },
    { purpose: 'repair' },
  ]);
});

test('a call whose worker was lost becomes unknown, counts, and is made again', async () => {
  const run = identity();
  await open(run);
  const next = await open(run, { attempt: 2 });
  expect(next).toMatchObject({ call: 2, counts: { round: 2, byModel: { light: 2 } } });
  expect(await statesOf(run)).toEqual(['unknown', 'sent']);
});

test('only the first settling of a call counts, whoever races', async () => {
  const run = identity();
  const { call } = await open(run);
  const failed = { state: 'failed', failure: 'model.overloaded', usage: null, refusedMode: null } as const;
  await Promise.all([answer(run, call), answer(run, call), answer(run, call)]);
  await world.registry.settle({ ...run, call, result: failed });
  await world.registry.settle({ ...run, call, result: { state: 'cancelled' } });
  const [row] = await ask<{ state: string; cost: string }>(
    world.database.superuserUrl,
    'select state, trim_scale(cost)::text as cost from byom.attempts where run_id = $1',
    [run.runId],
  );
  // 1,000 × 0.15 + 200 × 0.60, per million.
  expect(row).toEqual({ state: 'answered', cost: '0.00027' });
});

test('a call that was given up for lost can no longer end the run', async () => {
  const run = identity();
  const { call } = await open(run);
  await open(run, { attempt: 2 });
  await expect(answer(run, call, { ends: true })).resolves.toBeNull();
  expect(await statesOf(run)).toEqual(['unknown', 'sent']);
});

test('the statement that stores the last answer ends the run, completes the outcome and forgets the answers', async () => {
  const run = identity();
  const { call } = await open(run);
  const ended = await answer(run, call, { ends: true });
  expect(ended).toMatchObject({
    hops: [{ calls: 1, usage }],
    usage,
    cost: { amount: '0.00027', currency: 'USD' },
    credits: 3,
  });
  await expect(answer(run, call, { ends: true })).resolves.toEqual(ended);
  const kept = await ask(world.database.superuserUrl, 'select from byom.attempt_answers where run_id = $1', [
    run.runId,
  ]);
  expect(kept).toHaveLength(0);
  await expect(world.registry.begin(callOf(run, { attempt: 2 }))).resolves.toMatchObject({
    kind: 'answered',
    reply: { text: 'The answer', usage },
  });
});

test('concurrent tries of one call get numbers of their own', async () => {
  const run = identity();
  const begun = await Promise.all([1, 2, 3].map(() => open(run, { resume: false })));
  expect(begun.map(({ call }) => call).toSorted()).toEqual([1, 2, 3]);
});

test('the calls of a round are limited by the ledger: a fourth on one model is exhausted and counts nowhere', async () => {
  const run = identity();
  for (const _ of [1, 2, 3]) await open(run, { resume: false });
  await expect(world.registry.begin(callOf(run, { resume: false }))).resolves.toEqual({ kind: 'exhausted' });
  expect(await statesOf(run)).toEqual(['sent', 'sent', 'sent', 'refused']);
  await expect(world.registry.resolve(question(run))).resolves.toMatchObject({
    next: 'fail',
    because: 'budget.exhausted',
  });
  await expect(world.registry.resolve(question({ ...run, round: 1 }))).resolves.toMatchObject({
    next: 'call',
  });
});

test('a call is judged on the rows of its moment: a withdrawn approval refuses a planned hop', async () => {
  const run = identity({ dataClass: 'health' });
  const { apiUrl } = world.database;
  await setDataClass(apiUrl, 'acme', { class: 'health', providers: ['fast'], platform: false });
  await expect(world.registry.resolve(question(run))).resolves.toMatchObject({ next: 'call' });
  await setDataClass(apiUrl, 'acme', { class: 'health', providers: [], platform: false });
  await expect(world.registry.begin(callOf(run))).resolves.toEqual({
    kind: 'refused',
    refusal: { layer: 'behavior', model: 'light', reason: 'not-approved-for:health' },
  });
  expect(await statesOf(run)).toEqual(['refused']);
});

test('a provider that rules exclude after the plan is refused, and so is a model that is gone', async () => {
  const run = identity({ pipe: 'p-8' });
  await setRules(
    world.database.apiUrl,
    { org: 'acme', pipe: 'p-8', behavior: null },
    { providers: ['legal'] },
  );
  await expect(world.registry.begin(callOf(run))).resolves.toMatchObject({ kind: 'refused' });
  const candidate = { ...lightCandidate, model: 'gone' };
  await expect(world.registry.begin(callOf(identity(), { candidate }))).resolves.toMatchObject({
    refusal: { model: 'gone', reason: 'model-disabled' },
  });
});

test('a mode that the server refused is remembered for the model and does not count for it', async () => {
  const candidate = { ...lightCandidate, model: 'flash' };
  const run = identity({ behavior: 'b-mode' });
  const { call } = await open(run, { candidate });
  await world.registry.settle({
    ...run,
    call,
    result: { state: 'failed', failure: 'model.rejected', usage: null, refusedMode: 'json_schema' },
  });
  const next = await open(run, { candidate, resume: false, purpose: 'mode' });
  expect(next).toMatchObject({
    supports: { structuredOutput: ['json_object', 'prompt'] },
    counts: { round: 2, byModel: { flash: 1 } },
  });
});

test('a superseded execution settles its call and neither owns nor ends the run', async () => {
  const first = identity();
  const { call } = await open(first);
  const reset = { ...first, runId: `${first.runId}-reset`, askedAtMs: 2_000 };
  const second = await open(reset);
  expect(second.call).toBe(1);
  await expect(answer(first, call, { ends: true })).resolves.toBeNull();
  expect(await statesOf(first)).toEqual(['answered']);
  const zombie = await world.registry.recordOutcome({
    ...first,
    askedAtMs: 1_500,
    draft: { ...draft, status: 'failed' },
    unsettled: [],
    credits: null,
  });
  expect(zombie.status).toBe('failed');
  await answer(reset, second.call, { ends: true });
  const [row] = await ask(
    world.database.superuserUrl,
    'select run_id, status from byom.runs where workflow_id = $1',
    [first.workflowId],
  );
  expect(row).toEqual({ run_id: reset.runId, status: 'completed' });
});

test('usage and cost are sums over all executions, hops of the current one', async () => {
  const first = identity();
  await answer(first, (await open(first)).call);
  const replay = { ...first, runId: `${first.runId}-replay`, askedAtMs: 2_000 };
  await answer(replay, (await open(replay)).call);
  const outcome = await world.registry.recordOutcome({ ...replay, draft, unsettled: [], credits: null });
  expect(outcome).toMatchObject({
    hops: [{ calls: 1, usage }],
    usage: { inputTokens: 2_000, outputTokens: 400, cachedInputTokens: null, reasoningTokens: null },
    cost: { amount: '0.00054', currency: 'USD' },
  });
});

test('an outcome settles the call that could not be stored, and twice is once', async () => {
  const run = identity();
  const { call } = await open(run);
  const record = { ...run, draft, unsettled: [{ call, usage }], credits: 1 };
  const outcome = await world.registry.recordOutcome(record);
  expect(outcome).toMatchObject({ usage, credits: 1 });
  await expect(world.registry.recordOutcome(record)).resolves.toEqual(outcome);
  expect(await statesOf(run)).toEqual(['answered']);
});

test('an event that Temporal has forgotten keeps its outcome', async () => {
  const run = identity();
  const outcome = await world.registry.recordOutcome({ ...run, draft, unsettled: [], credits: 2 });
  const again = { ...run, runId: 'later', firstRunId: 'later', askedAtMs: 9_000 };
  await expect(world.registry.resolve(question(again))).resolves.toMatchObject({ next: 'ran', outcome });
  await world.registry.recordOutcome({
    ...again,
    draft: { ...draft, status: 'failed' },
    unsettled: [],
    credits: null,
  });
  await expect(world.registry.resolve(question(again))).resolves.toMatchObject({ next: 'ran', outcome });
});

test('the budget of an organization is read with every question and brought into bounds', async () => {
  await setPolicy(world.database.apiUrl, 'acme', { budget: { callsPerRound: 1_000, callsPerModel: 1 } });
  const run = identity();
  await expect(open(run)).resolves.toMatchObject({ budget: { callsPerRound: 20, callsPerModel: 1 } });
  await expect(world.registry.begin(callOf(run, { resume: false }))).resolves.toEqual({ kind: 'exhausted' });
});
