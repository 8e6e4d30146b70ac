import type { ActionRequest, ActionType } from '../../contract/index.ts';
import { insertCard, lockCard, moveCardTo, writeCardFields, type StoredCard } from './cards.ts';
import type { CardChange } from './events.ts';
import { refuse } from './refuse.ts';
import type { Sql } from './transaction.ts';
import type { Undo } from './undo-action.ts';

/** What an action did, inside the transaction that also remembers it. */
export interface Applied {
  readonly status: 'done' | 'skipped';
  readonly detail?: string;
  readonly undo: Undo | null;
  readonly changes: readonly CardChange[];
}

type Apply = (sql: Sql, request: ActionRequest, card: StoredCard) => Promise<Applied>;

const table: Readonly<Record<ActionType, Apply>> = {
  update_card: updateCard,
  move_card: moveCard,
  create_card: createCard,
  create_connected_card: createConnectedCard,
  create_table_record: createTableRecord,
  send_email_template: sendEmailTemplate,
  mcp_tool: callTool,
};

/** Carries one action out. Throws `action.failed`, which is final, where it cannot be. */
export async function applyAction(sql: Sql, request: ActionRequest): Promise<Applied> {
  const card = await lockCard(sql, request.card);
  if (card === undefined || card.pipe !== request.pipe || card.org !== request.org) {
    throw refuse(`pipe ${request.pipe} has no card ${request.card}`);
  }
  const apply = Object.hasOwn(table, request.action.actionType)
    ? table[request.action.actionType]
    : undefined;
  if (!apply) throw refuse(`this engine has no action ${request.action.actionType}`);
  return apply(sql, request, card);
}

async function updateCard(sql: Sql, { fields }: ActionRequest, card: StoredCard): Promise<Applied> {
  const { before, changed } = await writeCardFields(sql, card, fields);
  return {
    status: 'done',
    undo: { kind: 'fields', card: card.id, before, written: fields },
    changes:
      changed.length === 0 ? [] : [{ type: 'field_updated', card: card.id, changed: { fields: changed } }],
  };
}

async function moveCard(sql: Sql, { action }: ActionRequest, card: StoredCard): Promise<Applied> {
  const to = required(action.metadata, 'destinationPhaseId');
  if (to === card.phase) {
    return {
      status: 'skipped',
      detail: `The card is in ${card.phaseName} already.`,
      undo: null,
      changes: [],
    };
  }
  await moveCardTo(sql, card, to);
  return {
    status: 'done',
    undo: { kind: 'phase', card: card.id, from: card.phase, to },
    changes: [{ type: 'card_moved', card: card.id, changed: { from: card.phase, to } }],
  };
}

async function createCard(sql: Sql, request: ActionRequest, card: StoredCard): Promise<Applied> {
  return insertFor(sql, request, card, undefined);
}

async function createConnectedCard(sql: Sql, request: ActionRequest, card: StoredCard): Promise<Applied> {
  const pipe = required(request.action.metadata, 'pipeId');
  const { rowCount } = await sql.query(
    'select 1 from pipe_engine.child_pipes where parent_pipe = $1 and child_pipe = $2',
    [card.pipe, pipe],
  );
  if (rowCount === 0) throw refuse(`pipe ${card.pipe} has no relation to pipe ${pipe}`);
  return insertFor(sql, request, card, card.id);
}

async function insertFor(
  sql: Sql,
  { action, fields }: ActionRequest,
  card: StoredCard,
  parent: string | undefined,
): Promise<Applied> {
  const pipe = required(action.metadata, 'pipeId');
  const phase = optional(action.metadata, 'destinationPhaseId');
  const id = await insertCard(sql, { org: card.org, pipe, phase, parent, fields });
  return {
    status: 'done',
    detail: `Card ${id}`,
    undo: { kind: 'card', card: id },
    changes: [{ type: 'card_created', card: id, changed: {} }],
  };
}

async function createTableRecord(sql: Sql, { action, fields }: ActionRequest): Promise<Applied> {
  const { rows } = await sql.query<{ id: string }>(
    'insert into pipe_engine.records (table_id, fields) values ($1, $2) returning id',
    [required(action.metadata, 'tableId'), JSON.stringify(fields)],
  );
  return { status: 'done', undo: { kind: 'record', id: idOf(rows) }, changes: [] };
}

async function sendEmailTemplate(
  sql: Sql,
  { action, fields }: ActionRequest,
  card: StoredCard,
): Promise<Applied> {
  const { rows } = await sql.query<{ id: string }>(
    'insert into pipe_engine.emails (template_id, card_id, fields) values ($1, $2, $3) returning id',
    [required(action.metadata, 'emailTemplateId'), card.id, JSON.stringify(fields)],
  );
  return { status: 'done', undo: { kind: 'email', id: idOf(rows) }, changes: [] };
}

/** The sandbox has no servers to call: it writes down what would have been asked of them. */
async function callTool(sql: Sql, { action, fields }: ActionRequest, card: StoredCard): Promise<Applied> {
  const { rows } = await sql.query<{ id: string }>(
    'insert into pipe_engine.tool_calls (server_id, tool, inputs, card_id) values ($1, $2, $3, $4) returning id',
    [
      required(action.metadata, 'mcpServerId'),
      required(action.metadata, 'toolName'),
      JSON.stringify(fields),
      card.id,
    ],
  );
  return { status: 'done', undo: { kind: 'tool-call', id: idOf(rows) }, changes: [] };
}

function idOf(rows: readonly { readonly id: string }[]): string {
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('An insert returned no id.');
  return id;
}

function required(metadata: ActionRequest['action']['metadata'], name: string): string {
  const value = optional(metadata, name);
  if (value === undefined) throw refuse(`its metadata has no ${name}`);
  return value;
}

/** The API sends an empty string where nothing was chosen. */
function optional(metadata: ActionRequest['action']['metadata'], name: string): string | undefined {
  const value = metadata[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
