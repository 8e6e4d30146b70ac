import type { Action, Attachment, Layer } from '../../contract/index.ts';
import type { BehaviorDefinition, PipeDefinition } from '../engine/pipe-definition.ts';

/** One use case of the announcement as data: pipes with their agents, cards that people create, and what comes of them. */
export interface UseCase {
  readonly name: string;
  readonly pipes: readonly PipeDefinition[];
  readonly cards: readonly UseCaseCard[];
}

export interface UseCaseCard {
  readonly name: string;
  readonly pipe: string;
  readonly title: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly attachments?: readonly Attachment[];
  /** What a person fills in when the first runs have ended. */
  readonly edit?: Readonly<Record<string, unknown>>;
  readonly expected: {
    /** Where the card stands in the end. */
    readonly phase: string;
    readonly fields: Readonly<Record<string, Expected>>;
    /** Which model answered each Behavior, in order. */
    readonly runs: readonly ExpectedRun[];
    readonly emails: readonly string[];
  };
}

/** A value, or what must be true of a text that no two models write alike. */
export type Expected =
  | string
  | number
  | { readonly contains: string }
  | { readonly oneOf: readonly string[] }
  | { readonly linesMin: number };

interface ExpectedRun {
  readonly behavior: string;
  readonly layer: Layer;
  readonly model: string;
}

export const acme = 'acme';

export interface BehaviorParts {
  readonly id: string;
  readonly name: string;
  readonly on: Pick<BehaviorDefinition, 'eventId' | 'eventParams'>;
  readonly condition?: BehaviorDefinition['condition'];
  readonly instruction: string;
  readonly knowledge?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly actions: readonly Action[];
}

/** A Behavior in the API's shape; the fields it refers to follow from its instruction, as they do there. */
export function defineBehavior(parts: BehaviorParts): BehaviorDefinition {
  const tokens = [...parts.instruction.matchAll(/%\{field:(\d+)\}/g)].map(([, id]) => id ?? '');
  return {
    id: parts.id,
    name: parts.name,
    active: true,
    ...parts.on,
    ...(parts.condition ? { condition: parts.condition } : {}),
    actionId: 'ai_behavior',
    actionParams: {
      aiBehaviorParams: {
        instruction: parts.instruction,
        referencedFieldIds: [...new Set(tokens)],
        dataSourceIds: parts.knowledge ?? [],
        capabilitiesAttributes: (parts.capabilities ?? []).map((capabilityType) => ({
          capabilityType,
          enabled: true,
        })),
        actionsAttributes: parts.actions,
      },
    },
  };
}

/** An `update_card` whose fields the model fills. */
export function fillFields(
  referenceId: string,
  name: string,
  pipeId: string,
  fieldIds: readonly string[],
): Action {
  const fieldsAttributes = fieldIds.map((fieldId) => ({ fieldId, inputMode: 'fill_with_ai', value: '' }));
  return {
    referenceId,
    actionType: 'update_card',
    name,
    metadata: { pipeId, destinationPhaseId: '', fieldsAttributes },
  };
}

export function moveTo(referenceId: string, name: string, destinationPhaseId: string): Action {
  return { referenceId, actionType: 'move_card', name, metadata: { destinationPhaseId } };
}
