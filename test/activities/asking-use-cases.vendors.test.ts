import OpenAI from 'openai';
import { askUntilValid } from '../../activities/asking/ask.ts';
import { promptOf } from '../../activities/asking/prompt.ts';
import type { AnswerMode } from '../../activities/asking/prompt.ts';
import { readAnswer } from '../../activities/asking/read-answer.ts';
import type { BehaviorRun, VendorReply } from '../../contract/index.ts';
import { startSandboxVendors } from '../../testing/index.ts';
import type { SandboxVendors } from '../../testing/index.ts';
import { createGuard, vendorOf } from '../../vendors/index.ts';
import type { Prompt } from '../../vendors/index.ts';
import { checklist, draftReply, refId, runOf, useCases } from '../support/use-case-runs.ts';

let vendors: SandboxVendors;

beforeAll(async () => {
  vendors = await startSandboxVendors();
});
afterEach(() => vendors.reset());
afterAll(() => vendors.close());

/** Sends a prompt as it is, with the vendor's own SDK. */
async function send({ system, turns, answer }: Prompt): Promise<VendorReply> {
  const client = new OpenAI({ baseURL: vendors.url('light'), apiKey: 'key', maxRetries: 0, logLevel: 'off' });
  const format =
    answer.kind === 'json' && answer.mode === 'json_schema'
      ? ({
          type: 'json_schema',
          json_schema: { name: 'plan', schema: { ...answer.schema }, strict: true },
        } as const)
      : answer.kind === 'json' && answer.mode === 'json_object'
        ? ({ type: 'json_object' } as const)
        : ({ type: 'text' } as const);
  const completion = await client.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system', content: system },
      ...turns.map(({ by, text }) => ({
        role: by === 'user' ? ('user' as const) : ('assistant' as const),
        content: text,
      })),
    ],
    response_format: format,
  });
  return { text: completion.choices[0]?.message.content ?? '', finish: 'stop', usage: null };
}

async function answer(run: BehaviorRun, mode: AnswerMode = 'json_schema') {
  const read = readAnswer(run, await send(promptOf(run, mode)));
  if ('complaint' in read || read.kind !== 'plan') throw new Error('no plan');
  return read;
}

describe.each(['json_schema', 'json_object', 'prompt'] as const)('asked in mode %s', (mode) => {
  test.each(useCases)('$name gets the answer of the announcement', async ({ run, expected }) => {
    expect((await answer(run, mode)).actionCalls).toEqual(expected);
  });
});

test('the checklist of UC3 has at least five lines and names repository access and a laptop', async () => {
  const [call] = (await answer(checklist)).actionCalls;
  const written = String(call?.fields['900003106']);
  expect(written.split('\n').length).toBeGreaterThanOrEqual(5);
  expect(written).toMatch(/repository access/i);
  expect(written).toMatch(/laptop/i);
});

test('the reply of UC4 quotes the message and promises no refund', async () => {
  const [call] = (await answer(draftReply)).actionCalls;
  expect(call?.fields['900004107']).toContain('Second outage this week');
  expect(call?.fields['900004107']).not.toMatch(/refund|compensat(e|ion) you/i);
});

/** Every field that an instruction names, with the run in which it is named. */
const named = useCases.flatMap(({ name, run }) =>
  [...run.behavior.instruction.matchAll(/%\{field:(\d+)\}/g)].map(([, id = '']) => ({ name, run, id })),
);

test.each(named)(
  '$name is refused, naming field $id, when its value is not in the prompt',
  async ({ run, id }) => {
    const fields = run.card.fields.map((field) => (field.id === id ? { ...field, value: undefined } : field));
    const blind = promptOf({ ...run, card: { ...run.card, fields } }, 'json_schema');
    await expect(send(blind)).rejects.toMatchObject({ status: 422, message: expect.stringContaining(id) });
  },
);

const informed = useCases.filter(({ run }) => run.behavior.knowledge.length > 0);

test.each(informed)(
  '$name is refused, naming the knowledge, when it is not in the prompt',
  async ({ run }) => {
    const blind = promptOf({ ...run, behavior: { ...run.behavior, knowledge: [] } }, 'json_schema');
    await expect(send(blind)).rejects.toMatchObject({
      status: 422,
      message: expect.stringMatching(/knowledge.*(policy|runbook)/i),
    });
  },
);

/** Asks as a worker does, through our own adapter, but without a ledger. */
function askLight(run: BehaviorRun) {
  const control = {
    signal: new AbortController().signal,
    limits: { firstTokenMs: 5000, idleMs: 5000, totalMs: 5000 },
    guard: createGuard({ allowedRanges: ['127.0.0.0/8'] }),
    onProgress: () => undefined,
  };
  const endpoint = {
    settings: { baseUrl: vendors.url('light') },
    credential: null,
    upstreamId: 'llama-3.1-8b-instruct',
    maxOutputTokens: 4096,
    streaming: true,
    maxTokensField: null,
  };
  return askUntilValid(run, ['json_schema', 'json_object', 'prompt'], async ({ prompt, judge }) => {
    const reply = await vendorOf('custom').invoke(prompt, endpoint, control);
    return { reply, judged: judge(reply) };
  });
}

test.each(useCases.filter(({ expected }) => Object.keys(expected[0]?.fields ?? {}).length > 0))(
  '$name is answered after one repair when a field was left out',
  async ({ run, expected }) => {
    vendors.fault('light', { kind: 'invalid-answer', times: 1 });
    expect(await askLight(run)).toMatchObject({ answer: { actionCalls: expected } });
    const asked = vendors.callsTo('light').map(({ billed }) => billed?.inputTokens ?? 0);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toBeGreaterThan(asked[0] ?? 0);
  },
);

test('a server that knows neither JSON mode is asked in words, on the same model', async () => {
  vendors.fault('light', { kind: 'refuse-mode', modes: ['json_schema', 'json_object'] });
  const { run, expected } = useCases[0]!;
  expect(await askLight(run)).toMatchObject({ answer: { actionCalls: expected } });
  expect(vendors.callsTo('light').map(({ status }) => status)).toEqual([400, 400, 200]);
});

test('a model that refuses or is cut short gives no plan, and no second call', async () => {
  const { run } = useCases[0]!;
  vendors.fault('light', { kind: 'refusal', times: 1 });
  await expect(askLight(run)).rejects.toMatchObject({ type: 'model.content-filtered' });
  vendors.fault('light', { kind: 'truncated', times: 1 });
  await expect(askLight(run)).rejects.toMatchObject({ type: 'model.invalid-answer' });
  expect(vendors.callsTo('light')).toHaveLength(2);
});

test('a Behavior that no rule knows gets the actions it names, filled with what its fields take', async () => {
  const types = [
    'number',
    'checkbox',
    'date',
    'datetime',
    'email',
    'long_text',
    'checklist_vertical',
    'radio_vertical',
  ];
  const fields = types.map((type, index) => ({
    id: String(index),
    label: `field ${type}`,
    type,
    options: ['A', 'B'],
  }));
  const fieldsAttributes = fields.map(({ id }) => ({ fieldId: id, inputMode: 'fill_with_ai', value: '' }));
  const action = {
    referenceId: refId(1),
    actionType: 'update_card',
    name: 'Fill',
    metadata: { fieldsAttributes },
  } as const;
  const { answer: plan } = await askLight(
    runOf({
      pipe: '1',
      behavior: 'b',
      instruction: `Fill all. %{action:${refId(1)}}`,
      title: 'Any',
      fields,
      actions: [action],
    }),
  );
  expect(plan).toMatchObject({ actionCalls: [{ referenceId: refId(1) }] });
});
