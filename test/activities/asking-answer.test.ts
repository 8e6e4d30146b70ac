import { Ajv } from 'ajv';
import fc from 'fast-check';
import { answerSchemaOf } from '../../activities/asking/answer-schema.ts';
import { findJson } from '../../activities/asking/find-json.ts';
import { readAnswer } from '../../activities/asking/read-answer.ts';
import type { BehaviorRun, FieldDefinition, VendorReply } from '../../contract/index.ts';
import { refId, runOf, useCases } from '../support/use-case-runs.ts';

function reply(answer: unknown, finish: VendorReply['finish'] = 'stop'): VendorReply {
  return { text: typeof answer === 'string' ? answer : JSON.stringify(answer), finish, usage: null };
}

/** A run whose one action fills one field of that kind. */
function runFilling(definition: Omit<FieldDefinition, 'id' | 'label'>): BehaviorRun {
  return runWith(
    [{ fieldId: '7', inputMode: 'fill_with_ai', value: '' }],
    [{ id: '7', label: 'seven', ...definition }],
  );
}

function runWith(fieldsAttributes: readonly unknown[], fields: BehaviorRun['card']['fields']): BehaviorRun {
  return runOf({
    pipe: '1',
    behavior: 'b',
    instruction: `Fill it. %{action:${refId(1)}}`,
    title: 'Dead keys',
    fields,
    actions: [
      { referenceId: refId(1), actionType: 'update_card', name: 'Fill', metadata: { fieldsAttributes } },
    ],
  });
}

function filled(run: BehaviorRun, fields: object = {}): Readonly<Record<string, unknown>> {
  const read = readAnswer(run, reply({ actionCalls: [{ referenceId: refId(1), fields }], summary: '' }));
  if ('complaint' in read || read.kind !== 'plan') throw new Error(JSON.stringify(read));
  return read.actionCalls[0]?.fields ?? {};
}

function complaintOf(run: BehaviorRun, answer: unknown): string {
  const read = readAnswer(run, reply(answer));
  return 'complaint' in read ? read.complaint : '';
}

describe.each(useCases)('$name', ({ run, expected }) => {
  const answer = { actionCalls: expected, summary: 'Done.' };
  const schema = new Ajv().compile(answerSchemaOf(run));

  test('its answer fits the schema and is read as it is', () => {
    expect(schema(answer)).toBe(true);
    expect(readAnswer(run, reply(answer))).toEqual({ kind: 'plan', ...answer });
  });

  test('near misses fit neither', () => {
    const [first] = expected;
    const misses = [
      { actionCalls: expected },
      { ...answer, mood: 'good' },
      { ...answer, actionCalls: {} },
      { ...answer, actionCalls: [null] },
      { ...answer, actionCalls: [{ referenceId: first?.referenceId }] },
      { ...answer, actionCalls: [{ ...first, fields: null }] },
      { ...answer, actionCalls: [{ ...first, fields: { ...first?.fields, '1': 'x' } }] },
      { ...answer, actionCalls: [{ ...first, referenceId: refId(9) }] },
      { ...answer, actionCalls: [{ ...first, why: 'because' }] },
      ...Object.keys(first?.fields ?? {}).flatMap((id) => [
        { ...answer, actionCalls: [{ ...first, fields: { ...first?.fields, [id]: null } }] },
        { ...answer, actionCalls: [{ ...first, fields: { ...first?.fields, [id]: undefined } }] },
      ]),
    ].map((miss): unknown => JSON.parse(JSON.stringify(miss)));
    for (const miss of misses) {
      expect([miss, schema(miss)]).toEqual([miss, false]);
      expect(complaintOf(run, miss)).not.toBe('');
    }
  });

  test('its schema keeps to the subset that every vendor takes', () => {
    const words = JSON.stringify(answerSchemaOf(run)).match(/"(\w+)":/g) ?? [];
    const keywords = new Set(words.map((word) => word.slice(1, -2)).filter((word) => !/^\d+$/.test(word)));
    const ours = ['actionCalls', 'summary', 'referenceId', 'fields'];
    const portable = [
      'type',
      'properties',
      'required',
      'additionalProperties',
      'items',
      'anyOf',
      'enum',
      'description',
    ];
    expect([...keywords].filter((word) => ![...ours, ...portable].includes(word))).toEqual([]);
  });
});

test.each([
  [{ type: 'short_text' }, ['x', ''], [1, null]],
  [{ type: 'number' }, [8, 8.5, -1], ['8', true]],
  [{ type: 'checkbox' }, [true, false], ['true', 1]],
  [{ type: 'select', options: ['A', 'B', 'A'] }, ['A', 'B'], ['C', 'a', ['A']]],
  [{ type: 'radio_vertical', options: ['A'] }, ['A'], ['B']],
  [{ type: 'label_select', options: ['A'] }, ['A'], ['B']],
  [{ type: 'select' }, ['anything'], [1]],
  [{ type: 'checklist_vertical', options: ['A', 'B'] }, [[], ['A', 'B']], ['A', ['C']]],
  [{ type: 'date' }, ['2026-03-02', '2028-02-29'], ['2026-02-30', '02/03/2026', '2026-03-02T00:00:00Z']],
  [
    { type: 'datetime' },
    ['2026-03-02T09:00:00Z', '2026-03-02T09:00:00.5+01:00'],
    ['2026-03-02', '2026-03-02T25:00:00Z', '2026-03-02T09:00:00'],
  ],
  [{ type: 'email' }, ['a@b.example'], ['a at b', 'a@b', 'a @b.example']],
  [{ type: 'brand_new_type' }, ['x'], [1]],
])('a field %j takes %j and not %j', (definition, good, bad) => {
  const run = runFilling(definition);
  expect(() => new Ajv().compile(answerSchemaOf(run))).not.toThrow();
  for (const value of good) expect(filled(run, { '7': value })).toEqual({ '7': value });
  for (const value of bad) {
    const answer = { actionCalls: [{ referenceId: refId(1), fields: { '7': value } }], summary: '' };
    expect(complaintOf(run, answer)).toContain('/actionCalls/0/fields/7');
  }
});

test('a whole number written 8.0 is that number', () => {
  const text = `{"actionCalls":[{"referenceId":"${refId(1)}","fields":{"7":8.0}}],"summary":""}`;
  expect(readAnswer(runFilling({ type: 'number' }), reply(text))).toMatchObject({
    actionCalls: [{ fields: { '7': 8 } }],
  });
});

test('the definition of a field that is not on the card comes with the run', () => {
  const run = {
    ...runWith([{ fieldId: '9', inputMode: 'fill_with_ai', value: '' }], []),
    fields: [{ id: '9', label: 'nine', type: 'number' }],
  };
  expect(filled(run, { '9': 3 })).toEqual({ '9': 3 });
  expect(
    complaintOf(run, { actionCalls: [{ referenceId: refId(1), fields: { '9': '3' } }], summary: '' }),
  ).toContain('number');
});

test("a tool's arguments are filled by name", () => {
  const toolInputs = [
    { name: 'query', inputMode: 'fill_with_ai', value: '' },
    { name: 'format', inputMode: 'fixed_value', value: 'json' },
  ];
  const run = runWith([], []);
  const tool = { ...run.behavior.actions[0]!, actionType: 'mcp_tool' as const, metadata: { toolInputs } };
  expect(filled({ ...run, behavior: { ...run.behavior, actions: [tool] } }, { query: 'x' })).toEqual({
    query: 'x',
    format: 'json',
  });
});

describe('what the model was not asked for', () => {
  const fields = [
    { id: '7', label: 'seven', type: 'number', value: 42 },
    { id: '8', label: 'eight', type: 'date', value: '2026-02-27' },
    { id: '9', label: 'nine', type: 'short_text' },
  ];
  const copied = (value: string): unknown =>
    filled(runWith([{ fieldId: '1', inputMode: 'copy_from', value }], fields))['1'];

  test.each([
    ['%{id}', '1'],
    ['%{title}', 'Dead keys'],
    ['%{current_phase}', 'Intake'],
    ['%{created_at}', '2026-11-24T10:00:00Z'],
    ['%{created_at|plus:86400}', '2026-11-25T10:00:00Z'],
    ['%{due_date|plus:86400}', '2026-12-01'],
    ['%{8|plus:172800}', '2026-03-01'],
    ['%{created_at|plus:-3600}', '2026-11-24T09:00:00Z'],
    ['%{automation_event_execution_datetime}', '2026-11-24T10:00:00Z'],
    ['%{7}', 42],
    ['Card %{id}: %{7} of %{title}', 'Card 1: 42 of Dead keys'],
    ['%{9}', null],
    ['[%{9}]', '[]'],
    ['%{finished_at}', null],
    ['no token', 'no token'],
  ])('%s is copied as %j', (template, value) => {
    expect(copied(template)).toEqual(value);
  });

  test.each(['%{12345}', '%{slug_of_field}', '%{title|plus:60}', '%{7|plus:60}'])(
    '%s is refused by name',
    (template) => {
      expect(() => copied(template)).toThrow(
        expect.objectContaining({ type: 'run.invalid', message: expect.stringContaining(template) }),
      );
    },
  );

  test('fixed values keep their type, and inputs the order of the Behavior', () => {
    const run = runWith(
      [
        { fieldId: '1', inputMode: 'fixed_value', value: true },
        { fieldId: '7', inputMode: 'fill_with_ai', value: '' },
        { fieldId: '2', inputMode: 'fixed_value', value: ['a'] },
      ],
      fields,
    );
    expect(Object.entries(filled(run, { '7': 1 }))).toEqual(
      Object.entries({ '1': true, '2': ['a'], '7': 1 }),
    );
  });
});

describe('where the JSON stands', () => {
  const plan = { actionCalls: [], summary: 'A "quoted" {brace} and a \\ backslash' };
  const json = JSON.stringify(plan);

  test.each([
    ['alone', json],
    ['after white space', `\n\n  ${json}\n`],
    ['in a fence', '```json\n' + json + '\n```'],
    ['in a fence without a language', '```\n' + json + '\n```'],
    ['between pleasantries', `Sure! Here's the plan:\n${json}\nLet me know {if} it's fine.`],
    ['after a draft', `{"draft": 1} and now really: ${json}`],
  ])('it is found %s', (_where, text) => {
    expect(findJson(text)).toEqual(plan);
  });

  test.each(['', 'no', '[1]', '{"a": ', '{a: 1}', '}{'])('there is none in %j', (text) => {
    expect(findJson(text)).toBeUndefined();
  });

  test('any object is found within any prose without braces', () => {
    const prose = fc.string().map((text) => text.replaceAll(/[{}]/g, ''));
    fc.assert(
      fc.property(prose, fc.dictionary(fc.string(), fc.jsonValue()), prose, (before, value, after) => {
        expect(findJson(`${before}${JSON.stringify(value)}${after}`)).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });
});

describe('how an answer ended', () => {
  const { run, expected } = useCases[0]!;
  const text: BehaviorRun = { ...run, behavior: { ...run.behavior, answer: 'text' } };

  test('a text is returned as it came, and says whether it was cut', () => {
    expect(readAnswer(text, reply('  {"a":1} \n'))).toEqual({
      kind: 'text',
      text: '  {"a":1} \n',
      truncated: false,
    });
    expect(readAnswer(text, reply('cut', 'length'))).toEqual({ kind: 'text', text: 'cut', truncated: true });
  });

  test('a plan that the model declined to make is filtered content', () => {
    expect(() => readAnswer(run, reply('No.', 'refusal'))).toThrow(
      expect.objectContaining({ type: 'model.content-filtered' }),
    );
  });

  test('a plan that the token limit cut is invalid, however complete it looks', () => {
    const complete = reply({ actionCalls: expected, summary: '' }, 'length');
    expect(() => readAnswer(run, complete)).toThrow(
      expect.objectContaining({ type: 'model.invalid-answer' }),
    );
  });

  test('an answer over 512 KiB is invalid, counted in bytes', () => {
    const large = 'ü'.repeat(300 * 1024);
    for (const one of [
      () => readAnswer(text, reply(large)),
      () => readAnswer(run, reply({ actionCalls: [], summary: large })),
    ]) {
      expect(one).toThrow(
        expect.objectContaining({ type: 'model.invalid-answer', message: expect.not.stringContaining('ü') }),
      );
    }
  });

  test('an unknown action is a complaint that names the known ones', () => {
    const complaint = complaintOf(run, {
      actionCalls: [{ referenceId: 'made-up', fields: {} }],
      summary: '',
    });
    expect(complaint).toContain(
      `/actionCalls/0/referenceId must be one of: ${refId(1)}, ${refId(2)}, ${refId(3)}`,
    );
  });

  test('the order of the calls is kept, and one action may be called twice', () => {
    const calls = [
      { referenceId: refId(3), fields: {} },
      { referenceId: refId(2), fields: {} },
      { referenceId: refId(3), fields: {} },
    ];
    expect(readAnswer(run, reply({ actionCalls: calls, summary: '' }))).toMatchObject({ actionCalls: calls });
  });
});
