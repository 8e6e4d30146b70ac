import { answeredDraft, completeOutcome } from '../../contract/index.ts';
import type { OutcomeDraft } from '../../contract/index.ts';

const hop = { layer: 'behavior', provider: 'p', model: 'm', calls: 0, durationMs: 5, usage: null } as const;
const draft: OutcomeDraft = {
  version: 1,
  status: 'completed',
  answeredBy: null,
  requested: { layer: 'behavior', model: 'm' },
  reason: null,
  failure: null,
  abort: null,
  hops: [{ ...hop, outcome: 'failed', failure: 'model.overloaded' }],
  skipped: [],
  actions: [],
  summary: '',
};
const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: null, reasoningTokens: null };
const candidate = {
  layer: 'platform',
  provider: 'ai',
  model: 'platform/ai',
  vendor: 'custom',
  reason: 'after:model.overloaded',
} as const;

test('calls, usage and cost come from the ledger; a hop that it does not know made no call', () => {
  const sums = {
    hops: [{ hop: 1, calls: 3, usage }],
    usage,
    cost: { amount: '0.01', currency: 'USD' },
    credits: 2,
  };
  const outcome = completeOutcome(draft, sums);
  expect(outcome.hops).toEqual([{ ...draft.hops[0], calls: 3, usage }]);
  expect(outcome).toMatchObject({ usage, cost: sums.cost, credits: 2 });
  expect(completeOutcome(draft, { ...sums, hops: [] }).hops[0]).toMatchObject({ calls: 0, usage: null });
});

test('the answer of a text run completes its draft, under its own hop', () => {
  const answered = answeredDraft(draft, {
    candidate,
    hop: 2,
    durationMs: 7,
    text: 'Hello',
    truncated: false,
  });
  expect(answered).toMatchObject({ status: 'completed', text: 'Hello', reason: 'after:model.overloaded' });
  expect(answered.hops).toHaveLength(2);
  expect(answered.answeredBy).toEqual({
    layer: 'platform',
    provider: 'ai',
    model: 'platform/ai',
    vendor: 'custom',
  });
});

test('a text that was cut says so', () => {
  expect(answeredDraft(draft, { candidate, hop: 2, durationMs: 7, text: 'He', truncated: true }).reason).toBe(
    'truncated',
  );
});
