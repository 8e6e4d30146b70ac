import type { Action, FieldDefinition } from '../../contract/index.ts';

/** One process: its phases, the moves between them, its fields, and the agents that work on its cards. */
export interface PipeDefinition {
  readonly org: string;
  readonly id: string;
  readonly name: string;
  /** The first one is where new cards begin. */
  readonly phases: readonly Phase[];
  /** From a phase to the phases a card may move to; moves that are not here are refused. */
  readonly moves: Readonly<Record<string, readonly string[]>>;
  readonly fields: readonly FieldDefinition[];
  /** Pipes in which a card of this one may create a connected card. */
  readonly childPipes?: readonly string[];
  readonly knowledge?: readonly KnowledgeItem[];
  readonly agents: readonly Agent[];
}

interface Phase {
  readonly id: string;
  readonly name: string;
  readonly done?: boolean;
}

interface KnowledgeItem {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly instruction: string;
  /** Knowledge of every Behavior of this agent, united with the Behavior's own. */
  readonly dataSourceIds: readonly string[];
  readonly behaviors: readonly BehaviorDefinition[];
}

/** A Behavior in the shape of Pipefy's API. */
export interface BehaviorDefinition {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly eventId: EventType;
  readonly eventParams?: {
    readonly to_phase_id?: string;
    readonly triggerFieldIds?: readonly string[];
  };
  readonly condition?: Condition;
  readonly actionId: 'ai_behavior';
  readonly actionParams: {
    readonly aiBehaviorParams: {
      readonly instruction: string;
      readonly referencedFieldIds: readonly string[];
      readonly dataSourceIds: readonly string[];
      readonly capabilitiesAttributes: readonly {
        readonly capabilityType: string;
        readonly enabled: boolean;
      }[];
      readonly actionsAttributes: readonly Action[];
    };
  };
}

export type EventType = 'card_created' | 'card_moved' | 'field_updated';

/** `expressions_structure` is an AND of ORs: `[[0, 1], [2]]` is (0 or 1) and 2. */
export interface Condition {
  readonly expressions: readonly {
    readonly structure_id: number | string;
    readonly field_address: string;
    readonly operation: string;
    readonly value?: string;
  }[];
  readonly expressions_structure: readonly (readonly (number | string)[])[];
}
