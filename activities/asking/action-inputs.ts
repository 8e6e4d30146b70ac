import type { Action, BehaviorRun, FieldDefinition, FieldInput, ToolInput } from '../../contract/index.ts';

/** One thing an action needs: a field of a form, or an argument of a tool. */
export interface ActionInput {
  /** What the filled value is keyed by: the field's id, or the name of a tool's argument. */
  readonly key: string;
  readonly inputMode: FieldInput['inputMode'];
  readonly value: unknown;
  readonly definition: FieldDefinition;
}

/** What one action needs, in the order in which the Behavior lists it. */
export function inputsOf(run: BehaviorRun, action: Action): readonly ActionInput[] {
  const { fieldsAttributes, toolInputs } = action.metadata as {
    readonly fieldsAttributes?: readonly FieldInput[];
    readonly toolInputs?: readonly ToolInput[];
  };
  if (action.actionType === 'mcp_tool') {
    return (toolInputs ?? []).map(({ name, inputMode, value }) => ({
      key: name,
      inputMode,
      value,
      definition: { id: name, label: name, type: 'unknown' },
    }));
  }
  return (fieldsAttributes ?? []).map(({ fieldId, inputMode, value }) => ({
    key: fieldId,
    inputMode,
    value,
    definition: findDefinition(run, fieldId) ?? { id: fieldId, label: fieldId, type: 'unknown' },
  }));
}

/** The part of it that the model is asked for. */
export function inputsForModel(run: BehaviorRun, action: Action): readonly ActionInput[] {
  return inputsOf(run, action).filter(({ inputMode }) => inputMode === 'fill_with_ai');
}

function findDefinition(run: BehaviorRun, fieldId: string): FieldDefinition | undefined {
  return [...run.card.fields, ...(run.fields ?? [])].find(({ id }) => id === fieldId);
}
