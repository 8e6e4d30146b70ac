/**
 * What the engine hands over when a trigger event fires: the same JSON for `startBehavior`, `byom run` and the API.
 * Ids are the host's, opaque to us. Unknown keys are refused at the door.
 */
export interface BehaviorRun {
  readonly version: 1;
  readonly org: string;
  readonly pipe: string;
  /** Where the engine's own worker listens for `executeAction` and `compensateAction`. */
  readonly engineTaskQueue: string;
  readonly event: TriggerEvent;
  readonly agent?: { readonly id: string; readonly name: string };
  readonly behavior: Behavior;
  readonly card: Card;
  /** Definitions of fields that are not on the card, for actions that create something elsewhere. */
  readonly fields?: readonly FieldDefinition[];
  readonly attachments?: readonly Attachment[];
  /** True: the engine's `behaviorFinished` is told how the run ended. */
  readonly notify?: boolean;
}

export interface TriggerEvent {
  /** Unique per organization and Behavior: one event is one run. */
  readonly id: string;
  readonly type: string;
  /** RFC 3339. */
  readonly at?: string;
  /** The run whose action raised this event, and how many runs deep the chain is (at most 10). */
  readonly origin?: { readonly workflowId: string; readonly depth: number };
}

export interface Behavior {
  readonly id: string;
  readonly name: string;
  /** `plan`: the model chooses actions and fills their fields · `text`: it answers with one text. */
  readonly answer: 'plan' | 'text';
  readonly agentInstruction?: string;
  /** A name such as `financial`: only providers approved for it may see this run. It can only add to the rules. */
  readonly dataClass: string | null;
  /** May hold `%{field:<numeric id>}` and `%{action:<referenceId>}`. */
  readonly instruction: string;
  readonly knowledge: readonly { readonly name: string; readonly text: string }[];
  /** Recorded, without effect yet. */
  readonly capabilities?: readonly { readonly capabilityType: string; readonly enabled: boolean }[];
  /** `keep` (default): the other actions still run · `compensate`: all of them or none. */
  readonly onActionFailure?: 'keep' | 'compensate';
  readonly actions: readonly Action[];
}

/** One action the model may call, in the shape of Pipefy's `actionsAttributes`. */
export interface Action {
  readonly referenceId: string;
  readonly actionType: ActionType;
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const actionTypes = [
  'update_card',
  'move_card',
  'create_card',
  'create_connected_card',
  'create_table_record',
  'send_email_template',
  'mcp_tool',
] as const;

export type ActionType = (typeof actionTypes)[number];

/** One entry of an action's `metadata.fieldsAttributes`. */
export interface FieldInput {
  readonly fieldId: string;
  /** Who fills it: the model, or we with `value`, or we with what the template in `value` yields. */
  readonly inputMode: 'fill_with_ai' | 'fixed_value' | 'copy_from';
  readonly value: unknown;
}

/** One entry of an `mcp_tool` action's `metadata.toolInputs`. */
export interface ToolInput extends Omit<FieldInput, 'fieldId'> {
  readonly name: string;
}

export interface FieldDefinition {
  /** The numeric internal id, as a string. */
  readonly id: string;
  readonly label: string;
  readonly type: string;
  readonly options?: readonly string[];
}

export interface Card {
  readonly id: string;
  readonly title: string;
  /** Sources of the `copy_from` tokens that are not fields: `created_at`, `current_phase`, … */
  readonly system?: Readonly<Record<string, unknown>>;
  readonly fields: readonly CardField[];
}

export interface CardField extends FieldDefinition {
  readonly value?: unknown;
}

export interface Attachment {
  readonly name: string;
  readonly mediaType: string;
  readonly pages: number;
  /** What was read from it, by the engine. */
  readonly text: string;
}

/** The bounds of a run, checked before it starts and before an answer is stored. */
export const runLimits = {
  /** Run and answer, each as JSON in UTF-8. An oversized payload would fail its Temporal task again and again. */
  jsonMaxBytes: 512 * 1024,
  workflowIdMaxBytes: 1000,
  idMaxCharacters: 128,
  depthMax: 10,
  attachmentsMax: 30,
  pagesMax: 30,
} as const;
