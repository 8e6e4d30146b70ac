import { tryProvider, type Trial } from '../../activities/trying/try-provider.ts';
import { Failure, failures } from '../../contract/index.ts';
import type { TestStage } from '../../contract/index.ts';
import type { Prompt } from '../../vendors/index.ts';

type Answers = (prompt: Prompt, maxOutputTokens: number) => string;

const reply = (text: string) => ({ text, finish: 'stop', usage: null }) as const;

function trialOf(over: Partial<Trial> & { readonly answers?: Answers } = {}): Trial {
  const { answers = (prompt) => (prompt.answer.kind === 'json' ? '{"ok":true}' : 'Ready.'), ...rest } = over;
  return {
    judge: async () => {},
    knock: async () => {},
    call: async (prompt, maxOutputTokens) => reply(answers(prompt, maxOutputTokens)),
    list: async () => [],
    ...rest,
  };
}

const failing = (type: Failure['type'], hints: Failure['hints'] = {}) => {
  throw new Failure(type, type, hints);
};
const modeOf = ({ answer }: Prompt): string | null => (answer.kind === 'json' ? answer.mode : null);
const short = (stages: readonly TestStage[]): string =>
  stages.map(({ status }) => status.slice(0, 1)).join('');

async function tried(over: Parameters<typeof trialOf>[0]) {
  const { stages, ...found } = await tryProvider(trialOf(over), async () => {});
  return { ...found, short: short(stages), stages };
}

const placed = [
  ['model.unauthorized', {}, 'ppfss'],
  ['model.forbidden', {}, 'ppfss'],
  ['model.misconfigured', { sent: 'no' }, 'ppfss'],
  ['model.misconfigured', { httpStatus: 302 }, 'pfsss'],
  ['model.unreachable', {}, 'pfsss'],
  ['model.not-found', {}, 'pppfs'],
  ['model.rejected', {}, 'pppfs'],
  ['model.rate-limited', {}, 'pppfs'],
  ['model.quota-exhausted', {}, 'pppfs'],
  ['model.content-filtered', {}, 'pppfs'],
  ['model.context-too-long', {}, 'pppfs'],
  ['model.invalid-answer', {}, 'pppfs'],
  ['model.timed-out', {}, 'ppsfs'],
  ['model.overloaded', {}, 'ppsfs'],
  ['model.server-error', {}, 'ppsfs'],
  ['model.unknown', {}, 'ppsfs'],
] as const;

test.each(placed)('a call that fails with %s %j leaves the stages %s', async (type, hints, expected) => {
  const found = await tried({ answers: () => failing(type, hints) });
  expect(found).toMatchObject({ short: expected, passed: false, structuredOutput: null });
  expect(found.stages.find(({ status }) => status === 'failed')?.failure).toBe(type);
});

test('every failure that a vendor may be to blame for has been placed above', () => {
  const ofModels = Object.keys(failures).filter((type) => type.startsWith('model.'));
  expect(new Set(placed.map(([type]) => type))).toEqual(new Set(ofModels));
});

test('a model that thinks its few tokens away is asked once more with more of them', async () => {
  const asked: number[] = [];
  const found = await tried({
    answers: (prompt, maxOutputTokens) => {
      asked.push(maxOutputTokens);
      if (maxOutputTokens < 100) return failing('model.invalid-answer');
      return prompt.answer.kind === 'json' ? '{"ok":true}' : 'Ready.';
    },
  });
  expect([found.passed, asked.slice(0, 2)]).toEqual([true, [16, 1_024]]);
});

test.each([
  ['refused as a mode', () => failing('model.rejected', { refusedMode: true })],
  ['refused without a word', () => failing('model.rejected')],
  ['not heeded', () => 'As you wish: ok, true.'],
  ['answered with nothing', () => failing('model.invalid-answer')],
])('a schema that is %s is given up for the next mode, down to the prompt', async (_how, without) => {
  for (const [works, expected] of [
    ['json_object', 'json_object'],
    ['prompt', 'prompt'],
    ['none', null],
  ] as const) {
    const modes: unknown[] = [];
    const found = await tried({
      answers: (prompt) => {
        const mode = modeOf(prompt);
        if (mode === null) return 'Ready.';
        modes.push(mode);
        return mode === works ? 'Here: {"ok": true}' : without();
      },
    });
    expect([found.structuredOutput, found.passed]).toEqual([expected, expected !== null]);
    expect(modes[0]).toBe('json_schema');
  }
});

test('a model that repeats what it was told gives no JSON', async () => {
  const found = await tried({ answers: ({ turns }) => turns.map(({ text }) => text).join(' ') });
  expect([found.short, found.structuredOutput]).toEqual(['ppppf', null]);
});

test('what may not be reached is blocked, also when it shows only at the second look', async () => {
  const one = await tried({ judge: async () => failing('model.misconfigured') });
  const other = await tried({ knock: async () => failing('model.misconfigured') });
  expect(one).toEqual(other);
  expect([one.blocked, one.short, one.stages.every(({ ms }) => ms === null)]).toEqual([true, 'fssss', true]);
});

test('what is known is told after the connection and after the model, with the rest still to come', async () => {
  const told: string[] = [];
  await tryProvider(trialOf(), async (stages) => {
    told.push(short(stages));
  });
  expect(told).toEqual(['ppsss', 'pppps']);
});

test('our own faults are nobody else’s: they end the try and blame no stage', async () => {
  await expect(tried({ answers: () => failing('worker.lost') })).rejects.toMatchObject({
    type: 'worker.lost',
  });
});
