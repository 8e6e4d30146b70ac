import { Failure, runLimits, workflowIdOf } from '../contract/index.ts';
import type { Action, BehaviorRun } from '../contract/index.ts';
import { runSchema } from './run-schema.ts';

/**
 * Reads what an engine sent. A bad run starts nothing: throws `run.invalid` with the path of the fault and the remedy,
 * or `run.too-large`. Values of the run never enter the message.
 */
export function checkRun(value: unknown): BehaviorRun {
  const parsed = runSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(pathText(issue?.path ?? []), issue?.message ?? 'not a run');
  }
  const run = parsed.data;
  checkSize(run);
  checkActions(run);
  checkTokens(run);
  return run;
}

function checkSize(run: BehaviorRun): void {
  const attachments = run.attachments ?? [];
  const pages = attachments.reduce((sum, one) => sum + one.pages, 0);
  const { attachmentsMax, pagesMax, jsonMaxBytes, workflowIdMaxBytes } = runLimits;
  if (attachments.length > attachmentsMax) throw tooLarge(`attachments: at most ${attachmentsMax} per run`);
  if (pages > pagesMax) throw tooLarge(`attachments: at most ${pagesMax} pages per run in all`);
  if (Buffer.byteLength(JSON.stringify(run)) > jsonMaxBytes)
    throw tooLarge(`the run is over ${jsonMaxBytes} bytes as JSON: send less knowledge or attachment text`);
  if (Buffer.byteLength(workflowIdOf(run.org, run.behavior.id, run.event.id)) > workflowIdMaxBytes)
    throw invalid('event.id', `too long: the workflow id made of it is over ${workflowIdMaxBytes} bytes`);
}

function checkActions({ behavior, card, fields = [] }: BehaviorRun): void {
  const { actions, answer } = behavior;
  if (answer === 'text' && actions.length > 0)
    throw invalid(
      'behavior.actions',
      'a text answer carries no action out: leave them out, or ask for a plan',
    );
  if (answer === 'plan' && actions.length === 0)
    throw invalid('behavior.actions', 'a plan needs at least 1 action');
  const defined = new Set([...card.fields, ...fields].map(({ id }) => id));
  actions.forEach((action, index) => {
    const path = `behavior.actions[${index}]`;
    if (actions.findIndex(({ referenceId }) => referenceId === action.referenceId) !== index)
      throw invalid(`${path}.referenceId`, 'used twice: each action needs its own');
    checkMetadata(action, path, defined);
  });
}

const needed: Readonly<Record<Action['actionType'], readonly string[]>> = {
  update_card: ['pipeId', 'fieldsAttributes'],
  move_card: ['destinationPhaseId'],
  create_card: ['pipeId', 'fieldsAttributes'],
  create_connected_card: ['pipeId', 'fieldsAttributes'],
  create_table_record: ['tableId', 'fieldsAttributes'],
  send_email_template: ['emailTemplateId'],
  mcp_tool: ['mcpServerId', 'toolName'],
};

const inputModes = ['fill_with_ai', 'fixed_value', 'copy_from'];

function checkMetadata({ actionType, metadata }: Action, path: string, defined: ReadonlySet<string>): void {
  for (const name of needed[actionType]) {
    const value = metadata[name];
    const there = name === 'fieldsAttributes' ? Array.isArray(value) && value.length > 0 : isText(value);
    if (!there) throw invalid(`${path}.metadata.${name}`, `needed by ${actionType}`);
  }
  const inputs = { fieldsAttributes: 'fieldId', toolInputs: 'name' } as const;
  for (const [list, key] of Object.entries(inputs)) {
    const entries: unknown = metadata[list] ?? [];
    if (!Array.isArray(entries)) throw invalid(`${path}.metadata.${list}`, 'must be a list');
    entries.forEach((entry: unknown, index) =>
      checkInput(entry, key, `${path}.metadata.${list}[${index}]`, defined),
    );
  }
}

function checkInput(
  entry: unknown,
  key: 'fieldId' | 'name',
  path: string,
  defined: ReadonlySet<string>,
): void {
  const { [key]: name, inputMode } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<
    string,
    unknown
  >;
  if (!isText(name)) throw invalid(`${path}.${key}`, 'needed');
  if (typeof inputMode !== 'string' || !inputModes.includes(inputMode))
    throw invalid(`${path}.inputMode`, `one of ${inputModes.join(', ')}`);
  if (key === 'fieldId' && inputMode === 'fill_with_ai' && !defined.has(name))
    throw invalid(`${path}.fieldId`, 'not on the card: add its definition to card.fields or fields');
}

const token = /%\{(field|action):([^}]*)\}/g;

/** A token that cannot be resolved would leave the model to guess, so it is refused here. */
function checkTokens({ behavior, card }: BehaviorRun): void {
  const known = {
    field: new Set(card.fields.map(({ id }) => id)),
    action: new Set(behavior.actions.map(({ referenceId }) => referenceId)),
  };
  for (const part of ['instruction', 'agentInstruction'] as const) {
    for (const [, kind, id = ''] of (behavior[part] ?? '').matchAll(token)) {
      const path = `behavior.${part}`;
      if (kind === 'field' && !/^\d+$/.test(id))
        throw invalid(path, 'a field token needs the numeric internal id: %{field:123}, no slug and no dot');
      if (!known[kind as 'field' | 'action'].has(id))
        throw invalid(
          path,
          `the token %{${kind}:…} names a ${kind} that is not in ${kind === 'field' ? 'card.fields' : 'behavior.actions'}`,
        );
    }
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text}${text === '' ? '' : '.'}${String(part)}`,
    '',
  );
}

function invalid(path: string, what: string): Failure {
  return new Failure('run.invalid', `${path === '' ? 'run' : path}: ${what}.`);
}

function tooLarge(what: string): Failure {
  return new Failure('run.too-large', `${what}.`);
}
