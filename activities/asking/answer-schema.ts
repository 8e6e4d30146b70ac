import { Failure } from '../../contract/index.ts';
import type { Action, BehaviorRun, FieldDefinition } from '../../contract/index.ts';
import { inputsForModel } from './action-inputs.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema under which a plan is asked for, in the strictest subset that every vendor's structured output takes:
 * a root object, every property required, nothing else allowed, no limits and no formats.
 */
export function answerSchemaOf(run: BehaviorRun): JsonSchema {
  const { actions } = run.behavior;
  if (actions.length === 0) {
    throw new Failure(
      'run.invalid',
      'behavior.actions: a plan needs at least one action; offer one, or set behavior.answer to "text".',
    );
  }
  const calls = actions.map((action) => callSchemaOf(run, action, 'sent'));
  return closedObject({
    actionCalls: { type: 'array', items: { anyOf: calls } },
    summary: { type: 'string', description: 'What was decided and why, in one or two sentences.' },
  });
}

/**
 * The schema of one call of one action. `checked` adds the formats, which some vendors refuse to be sent; the model
 * reads them in the description instead.
 */
export function callSchemaOf(run: BehaviorRun, action: Action, use: 'sent' | 'checked'): JsonSchema {
  const fields = inputsForModel(run, action).map(
    ({ key, definition }) => [key, valueSchemaOf(definition, use)] as const,
  );
  return closedObject({
    referenceId: { type: 'string', enum: [action.referenceId] },
    fields: closedObject(Object.fromEntries(fields)),
  });
}

/** The shape around the calls, to be checked before each call is held against its own action. */
export const envelopeSchema: JsonSchema = closedObject({
  actionCalls: {
    type: 'array',
    items: {
      type: 'object',
      properties: { referenceId: { type: 'string' } },
      required: ['referenceId'],
    },
  },
  summary: { type: 'string' },
});

function closedObject(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function valueSchemaOf(definition: FieldDefinition, use: 'sent' | 'checked'): JsonSchema {
  const { label: description, type } = definition;
  const format = formats[type];
  if (format !== undefined) {
    const said = { type: 'string', description: `${description} (${format.written})` };
    return use === 'checked' ? { ...said, format: format.name } : said;
  }
  if (type === 'number') return { type: 'number', description };
  if (type === 'checkbox') return { type: 'boolean', description };
  if (isChecklist(type)) return { type: 'array', description, items: choiceOf(definition) };
  if (isChoice(type)) return { description, ...choiceOf(definition) };
  return { type: 'string', description };
}

/** A choice without options cannot be held to any: it is text. */
function choiceOf({ options = [] }: FieldDefinition): JsonSchema {
  return options.length === 0 ? { type: 'string' } : { type: 'string', enum: [...new Set(options)] };
}

const formats: Readonly<Record<string, { readonly name: string; readonly written: string }>> = {
  date: { name: 'date', written: 'a date as YYYY-MM-DD' },
  datetime: { name: 'date-time', written: 'a time as in 2026-03-02T09:00:00Z' },
  email: { name: 'email', written: 'an e-mail address' },
};

function isChoice(type: string): boolean {
  return type === 'select' || type === 'label_select' || type.startsWith('radio');
}

function isChecklist(type: string): boolean {
  return type.startsWith('checklist');
}
