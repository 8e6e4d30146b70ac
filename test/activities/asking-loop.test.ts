import { askUntilValid } from '../../activities/asking/ask.ts';
import type { Ask, Called } from '../../activities/asking/ask.ts';
import { Failure } from '../../contract/index.ts';
import type { BehaviorRun, Usage, VendorReply } from '../../contract/index.ts';
import { useCases } from '../support/use-case-runs.ts';

const { run, expected } = useCases[0]!;
const good = said(JSON.stringify({ actionCalls: expected, summary: 'Done.' }));
const bad = said('{"actionCalls": []}');
const refusedMode = new Failure('model.rejected', 'refused', { refusedMode: true });

function said(text: string, usage: Usage | null = tokens(10, 2)): VendorReply {
  return { text, finish: 'stop', usage };
}

function tokens(inputTokens: number | null, outputTokens: number | null): Usage {
  return { inputTokens, outputTokens, cachedInputTokens: null, reasoningTokens: null };
}

/** A model that says these things in turn, and what it was asked. */
function model(...script: readonly (VendorReply | Failure)[]) {
  const asks: Ask[] = [];
  const call = async (ask: Ask): Promise<Called> => {
    const next = script[asks.length];
    asks.push(ask);
    if (next === undefined) throw new Error('asked too often');
    if (next instanceof Failure) throw next;
    return { reply: next, judged: ask.judge(next) };
  };
  const modes = (): unknown[] =>
    asks.map(({ prompt: { answer } }) => ('mode' in answer ? answer.mode : 'text'));
  return { call, asks, modes, purposes: () => asks.map(({ purpose }) => purpose) };
}

const allModes = ['json_schema', 'json_object', 'prompt'] as const;

test('a valid answer takes one call', async () => {
  const one = model(good);
  const asked = await askUntilValid(run, allModes, one.call);
  expect(asked).toEqual({
    answer: { kind: 'plan', actionCalls: expected, summary: 'Done.' },
    usage: tokens(10, 2),
  });
  expect(one.purposes()).toEqual(['answer']);
});

test('an invalid answer is repaired once, with the complaint, and the tokens of both calls are counted', async () => {
  const one = model(bad, good);
  const asked = await askUntilValid(run, allModes, one.call);
  expect(one.purposes()).toEqual(['answer', 'repair']);
  expect(one.asks[1]?.prompt.turns.at(-1)?.text).toContain("must have required property 'summary'");
  expect(asked).toMatchObject({ usage: tokens(20, 4) });
});

test('a second invalid answer is the end, and nothing of it is in the error', async () => {
  const one = model(bad, said('{"secret": "canary"}'));
  await expect(askUntilValid(run, allModes, one.call)).rejects.toMatchObject({
    type: 'model.invalid-answer',
    message: expect.not.stringContaining('canary'),
  });
  expect(one.asks).toHaveLength(2);
});

test('a refused mode is followed by the next one on the same model', async () => {
  const one = model(refusedMode, refusedMode, good);
  const asked = await askUntilValid(run, allModes, one.call);
  expect(one.modes()).toEqual(['json_schema', 'json_object', 'prompt']);
  expect(one.purposes()).toEqual(['answer', 'mode', 'mode']);
  expect(asked).toMatchObject({ usage: tokens(10, 2) });
});

test('when the last mode is refused too, that refusal is the failure', async () => {
  await expect(askUntilValid(run, ['json_object'], model(refusedMode).call)).rejects.toBe(refusedMode);
});

test('a repair stays in the mode that was taken, and its own refusal moves on', async () => {
  const one = model(refusedMode, bad, refusedMode, good);
  await askUntilValid(run, allModes, one.call);
  expect(one.modes()).toEqual(['json_schema', 'json_object', 'json_object', 'prompt']);
  expect(one.purposes()).toEqual(['answer', 'mode', 'repair', 'mode']);
  expect(one.asks[3]?.prompt.turns).toHaveLength(3);
});

test('any other failure is not answered with another call', async () => {
  const outage = new Failure('model.overloaded');
  const one = model(outage);
  await expect(askUntilValid(run, allModes, one.call)).rejects.toBe(outage);
  expect(one.asks).toHaveLength(1);
});

test("an earlier try's invalid answer is repaired first, without buying it again", async () => {
  const one = model(good);
  await askUntilValid(run, allModes, one.call, bad);
  expect(one.purposes()).toEqual(['repair']);
  expect(one.asks[0]?.prompt.turns[1]).toEqual({ by: 'model', text: bad.text });
});

test("an earlier try's answer has had its one repair when that is invalid", async () => {
  await expect(askUntilValid(run, allModes, model(bad).call, bad)).rejects.toMatchObject({
    type: 'model.invalid-answer',
  });
});

test('tokens that nobody reported stay unknown', async () => {
  const silent = { ...good, usage: null };
  expect((await askUntilValid(run, allModes, model(silent).call)).usage).toBeNull();
  const partly = model(said('{}', tokens(null, 5)), said(good.text, tokens(7, null)));
  expect((await askUntilValid(run, allModes, partly.call)).usage).toEqual(tokens(7, 5));
});

test('a template that cannot be filled costs no call', async () => {
  const metadata = { fieldsAttributes: [{ fieldId: '1', inputMode: 'copy_from', value: '%{404}' }] };
  const actions = run.behavior.actions.map((action) => ({ ...action, metadata }));
  const one = model(good);
  await expect(
    askUntilValid({ ...run, behavior: { ...run.behavior, actions } }, allModes, one.call),
  ).rejects.toMatchObject({ type: 'run.invalid' });
  expect(one.asks).toHaveLength(0);
});

test('a text is asked for once, as text', async () => {
  const text: BehaviorRun = { ...run, behavior: { ...run.behavior, answer: 'text' } };
  const one = model(said('Hello.'));
  const asked = await askUntilValid(text, allModes, one.call);
  expect(asked.answer).toEqual({ kind: 'text', text: 'Hello.', truncated: false });
  expect(one.modes()).toEqual(['text']);
});
