import type { Action, BehaviorRun, FieldDefinition, FieldInput } from '../../contract/index.ts';
import type { StoredCard } from './cards.ts';
import type { StoredEvent } from './events.ts';
import type { InstalledBehavior } from './triggers.ts';

/** All that a run is made of. */
export interface RunParts {
  readonly event: StoredEvent;
  readonly card: StoredCard;
  readonly behavior: InstalledBehavior;
  /** Fields of the card's pipe, and of the pipes in which an action creates cards. */
  readonly fields: readonly FieldDefinition[];
  readonly otherFields: readonly FieldDefinition[];
  readonly engineTaskQueue: string;
}

/**
 * The run as it goes over the wire. Only values that the instruction or a template refers to leave the engine: the rest
 * of the card is nobody's business, the model's least of all.
 */
export function toBehaviorRun(parts: RunParts): BehaviorRun {
  const { event, card, behavior, engineTaskQueue, otherFields } = parts;
  const { definition, agent, knowledge } = behavior;
  const { instruction, capabilitiesAttributes, actionsAttributes } = definition.actionParams.aiBehaviorParams;
  return {
    version: 1,
    org: event.org,
    pipe: event.pipe,
    engineTaskQueue,
    event: {
      id: event.id,
      type: event.type,
      at: event.at.toISOString(),
      ...(event.origin ? { origin: event.origin } : {}),
    },
    agent: { id: agent.id, name: agent.name },
    behavior: {
      id: definition.id,
      name: definition.name,
      answer: 'plan',
      agentInstruction: agent.instruction,
      dataClass: null,
      instruction,
      knowledge,
      capabilities: capabilitiesAttributes,
      actions: actionsAttributes,
    },
    card: toCard(parts),
    ...(otherFields.length > 0 ? { fields: otherFields } : {}),
    ...(card.attachments.length > 0 ? { attachments: card.attachments } : {}),
    notify: true,
  };
}

function toCard({ event, card, behavior, fields }: RunParts): BehaviorRun['card'] {
  const { instruction, actionsAttributes } = behavior.definition.actionParams.aiBehaviorParams;
  const read = new Set([...fieldTokens(instruction), ...actionsAttributes.flatMap(readByTemplates)]);
  const written = new Set(
    actionsAttributes.flatMap((action) => inputsOf(action).map((input) => input.fieldId)),
  );
  return {
    id: card.id,
    title: card.title,
    system: {
      created_at: card.createdAt.toISOString(),
      current_phase: card.phaseName,
      automation_event_execution_datetime: event.at.toISOString(),
    },
    fields: fields
      .filter(({ id }) => read.has(id) || written.has(id))
      .map((field) => {
        const value = read.has(field.id) ? card.fields[field.id] : undefined;
        return value === undefined ? field : { ...field, value };
      }),
  };
}

function fieldTokens(text: string): readonly string[] {
  return [...text.matchAll(/%\{(?:field:)?(\d+)/g)].flatMap(([, id]) => (id === undefined ? [] : [id]));
}

function readByTemplates(action: Action): readonly string[] {
  return inputsOf(action)
    .filter((input) => input.inputMode === 'copy_from')
    .flatMap(({ value }) => (typeof value === 'string' ? fieldTokens(value) : []));
}

/** Pipes other than the card's in which the actions of a Behavior create cards. */
export function listTargetPipes(behavior: InstalledBehavior, pipe: string): readonly string[] {
  const targets = behavior.definition.actionParams.aiBehaviorParams.actionsAttributes
    .map((action) => action.metadata['pipeId'])
    .filter((id): id is string => typeof id === 'string' && id !== '' && id !== pipe);
  return [...new Set(targets)];
}

function inputsOf({ metadata }: Action): readonly Partial<FieldInput>[] {
  return ['fieldsAttributes', 'toolInputs'].flatMap((name) => {
    const inputs = metadata[name];
    return Array.isArray(inputs) ? (inputs as readonly Partial<FieldInput>[]) : [];
  });
}
