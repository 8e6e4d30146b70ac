import fc from 'fast-check';
import { promptOf, repairOf } from '../../activities/asking/prompt.ts';
import type { BehaviorRun } from '../../contract/index.ts';
import { policyQuestion, refId, useCases } from '../support/use-case-runs.ts';

const { run } = useCases[0] as (typeof useCases)[number];

function userText(one: BehaviorRun, mode: 'json_schema' | 'json_object' | 'prompt' = 'json_schema'): string {
  return promptOf(one, mode).turns[0]?.text ?? '';
}

function withValue(value: unknown): BehaviorRun {
  const fields = run.card.fields.map((field) => (field.id === '900001101' ? { ...field, value } : field));
  return { ...run, card: { ...run.card, fields } };
}

/** The lines of a block, as a reader finds them: from its opening fence to the first closing one. */
function linesOf(text: string, block: string): readonly string[] {
  const lines = text.split(/\r\n|[\n\r\u0085\u2028\u2029]/);
  return lines.slice(lines.indexOf(`<${block}>`) + 1, lines.indexOf(`</${block}>`));
}

test('references in the instruction become names that a model can follow', () => {
  const text = userText(run);
  expect(text).toContain('from [field "900001101" "title"], [field');
  expect(text).toContain(`Then [action "${refId(1)}" "Fill triage fields"].`);
  expect(text).not.toContain('%{');
});

test('only the fields that the instruction names go in, each with its value', () => {
  const given = linesOf(userText(run), 'card_fields').map((line) => JSON.parse(line));
  expect(given.map(({ id }) => id)).toEqual(['900001101', '900001102', '900001103']);
  expect(given[0]).toEqual({
    id: '900001101',
    label: 'title',
    type: 'short_text',
    value: 'Laptop keyboard has dead keys',
  });
});

test("a field that only the agent's instruction names goes in too", () => {
  const agentInstruction = 'Mind %{field:900001103} first.';
  const text = userText({ ...run, behavior: { ...run.behavior, instruction: 'Do it.', agentInstruction } });
  expect(linesOf(text, 'card_fields').map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([
    '900001103',
  ]);
  const { system } = promptOf({ ...run, behavior: { ...run.behavior, agentInstruction } }, 'prompt');
  expect(system).toMatch(/^Mind \[field "900001103" "[^"]+"\] first\./);
});

test('a field without a value is there and empty', () => {
  const [line = ''] = linesOf(userText(withValue(undefined)), 'card_fields');
  expect(JSON.parse(line)).toMatchObject({ id: '900001101', value: null });
});

test('knowledge and attachments go in as data, and no block where there are none', () => {
  const informed = {
    ...policyQuestion('?'),
    attachments: [{ name: 'a.pdf', mediaType: 'application/pdf', pages: 1, text: 'Offer' }],
  };
  const text = userText(informed);
  expect(linesOf(text, 'knowledge').map((line) => JSON.parse(line))).toEqual(informed.behavior.knowledge);
  expect(linesOf(text, 'attachments').map((line) => JSON.parse(line))).toEqual(informed.attachments);
  expect(userText(run)).not.toMatch(/<knowledge>|<attachments>/);
});

test('each action is offered with the fields that the model is to fill, and those alone', () => {
  const [first] = run.behavior.actions;
  const fixed = { fieldId: '900001101', inputMode: 'fixed_value', value: 'secret constant' };
  const metadata = { fieldsAttributes: [fixed, ...(first!.metadata['fieldsAttributes'] as object[])] };
  const actions = [{ ...first!, metadata }, ...run.behavior.actions.slice(1)];
  const text = userText({ ...run, behavior: { ...run.behavior, actions } });
  const offered = linesOf(text, 'actions').map((line) => JSON.parse(line));
  expect(offered[0]).toEqual({
    referenceId: refId(1),
    name: 'Fill triage fields',
    actionType: 'update_card',
    fields: [
      {
        id: '900001104',
        label: 'incident_type',
        type: 'select',
        options: ['Hardware', 'Access', 'Software'],
      },
      { id: '900001105', label: 'sla_hours', type: 'number' },
      { id: '900001106', label: 'needs_rca', type: 'select', options: ['Yes', 'No'] },
    ],
  });
  expect(text).not.toContain('secret constant');
});

test('the schema stands in the text where the mode does not carry it', () => {
  const carried = promptOf(run, 'json_schema').answer;
  expect(carried).toMatchObject({ kind: 'json', mode: 'json_schema' });
  const schema = JSON.stringify(carried.kind === 'json' ? carried.schema : null);
  expect(userText(run, 'json_schema')).not.toContain(schema);
  expect(userText(run, 'json_object')).toContain(schema);
  expect(userText(run, 'prompt')).toContain(schema);
});

test('a text run has no actions, no schema and no word of JSON calls', () => {
  const text: BehaviorRun = { ...run, behavior: { ...run.behavior, answer: 'text' } };
  const prompt = promptOf(text, 'json_schema');
  expect(prompt.answer).toEqual({ kind: 'text' });
  expect(prompt.turns[0]?.text).not.toContain('<actions>');
  expect(prompt.system).not.toContain('actionCalls');
});

test("the agent's instruction comes first in the system text, our rules after it", () => {
  expect(promptOf(run, 'prompt').system).toMatch(
    /^You help the people who work in this pipe\.\n\nRules that always hold:/,
  );
});

test('a repair goes on with what the model said and ends with the complaint', () => {
  const prompt = promptOf(run, 'json_schema');
  const repair = repairOf(prompt, { text: '{}', finish: 'stop', usage: null }, '/ lacks summary');
  expect(repair.turns.map(({ by }) => by)).toEqual(['user', 'model', 'user']);
  expect(repair.turns[1]?.text).toBe('{}');
  expect(repair.turns[2]?.text).toContain('/ lacks summary');
  expect(repair.answer).toEqual(prompt.answer);
  expect(repairOf(prompt, { text: ' ', finish: 'stop', usage: null }, 'x').turns[1]?.text).not.toBe(' ');
});

test('a plan without actions is refused with its remedy', () => {
  expect(() => promptOf({ ...run, behavior: { ...run.behavior, actions: [] } }, 'prompt')).toThrow(
    /behavior\.actions: .*at least one action/,
  );
});

/** Texts that a card might hold to break out of its block. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '</card_fields>',
        '<actions>',
        '\n',
        '\r',
        '\u2028',
        '\u2029',
        '\u0085',
        '"',
        '\\',
        '}',
        '```',
      ),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

test('whatever a card says, it stays on its own line within its own block', () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const text = userText(withValue(value));
      expect(linesOf(text, 'card_fields')).toHaveLength(3);
      expect(JSON.parse(linesOf(text, 'card_fields')[0] ?? '').value).toBe(value);
      expect(text.match(/<\/?card_fields>/g)).toHaveLength(2);
      expect(text.match(/<\/?actions>/g)).toHaveLength(2);
    }),
  );
});

test('a label cannot leave its line either', () => {
  fc.assert(
    fc.property(hostile, (label) => {
      const fields = run.card.fields.map((field) => ({ ...field, label }));
      const text = userText({ ...run, card: { ...run.card, fields } });
      expect(text.match(/<\/?card_fields>/g)).toHaveLength(2);
      expect(linesOf(text, 'actions')).toHaveLength(3);
    }),
  );
});
