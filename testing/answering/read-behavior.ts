import { PromptProblem } from './prompt-problem.ts';

/** What a model finds in the prompt of a Behavior: read from its text, the way a model would. */
export interface BehaviorPrompt {
  /** With the references to fields and actions still in it. */
  readonly instruction: string;
  readonly fields: readonly GivenField[];
  readonly knowledge: readonly { readonly name: string; readonly text: string }[];
  readonly attachments: readonly { readonly name: string; readonly text: string }[];
  /** Null where a text is asked for. */
  readonly actions: readonly OfferedAction[] | null;
}

interface GivenField {
  readonly id: string;
  readonly label: string;
  readonly type: string;
  readonly value: unknown;
}

export interface OfferedAction {
  readonly referenceId: string;
  readonly name: string;
  readonly actionType: string;
  readonly fields: readonly WantedField[];
}

export interface WantedField {
  readonly id: string;
  readonly label: string;
  readonly type: string;
  readonly options?: readonly string[];
}

/** Undefined where the text is no prompt of a Behavior. Throws `PromptProblem` for a reference to nothing. */
export function readBehavior(text: string): BehaviorPrompt | undefined {
  const opening = /^Instruction:\n/.exec(text);
  if (opening === null) return undefined;
  const blocks = readBlocks(text);
  const [instruction = ''] = text
    .slice(opening[0].length)
    .split(/\n\n<(?:card_fields|knowledge|attachments|actions)>\n/);
  const prompt: BehaviorPrompt = {
    instruction,
    fields: (blocks.get('card_fields') ?? []) as GivenField[],
    knowledge: (blocks.get('knowledge') ?? []) as BehaviorPrompt['knowledge'],
    attachments: (blocks.get('attachments') ?? []) as BehaviorPrompt['attachments'],
    actions: (blocks.get('actions') as OfferedAction[] | undefined) ?? null,
  };
  checkReferences(prompt);
  return prompt;
}

/** References as they stand in an instruction: kind, id and name. */
export const reference = /\[(field|action) ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")\]/g;

function readBlocks(text: string): Map<string, readonly unknown[]> {
  const blocks = new Map<string, readonly unknown[]>();
  for (const [, name = '', lines = ''] of text.matchAll(
    /^<(card_fields|knowledge|attachments|actions)>\n([\s\S]*?)^<\/\1>$/gm,
  )) {
    const items = lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
    blocks.set(name, items);
  }
  return blocks;
}

/** A field that an action is to fill, or that holds files, may be empty; any other was named to be read. */
function checkReferences({ instruction, fields, actions }: BehaviorPrompt): void {
  const wanted = new Set((actions ?? []).flatMap((action) => action.fields.map(({ id }) => id)));
  for (const [, kind, idText = '', labelText = ''] of instruction.matchAll(reference)) {
    const id = JSON.parse(idText) as string;
    const label = JSON.parse(labelText) as string;
    if (kind === 'action') {
      const offered = actions?.some(({ referenceId }) => referenceId === id) ?? false;
      if (!offered) throw new PromptProblem(`The action ${id} ("${label}") is missing from the prompt.`);
      continue;
    }
    const given = fields.find((field) => field.id === id);
    const mayBeEmpty = wanted.has(id) || given?.type === 'attachment';
    if (!mayBeEmpty && isEmpty(given?.value)) {
      throw new PromptProblem(`The value of field ${id} ("${label}") is missing from the prompt.`);
    }
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
