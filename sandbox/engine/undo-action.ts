import { isDeepStrictEqual } from 'node:util';
import { lockCard, type FieldValues } from './cards.ts';
import type { Sql } from './transaction.ts';

/** What is needed to take an action back; kept with its effect, and handed out as `undo`. */
export type Undo =
  | {
      readonly kind: 'fields';
      readonly card: string;
      readonly before: FieldValues;
      readonly written: FieldValues;
    }
  | { readonly kind: 'phase'; readonly card: string; readonly from: string; readonly to: string }
  | { readonly kind: 'card'; readonly card: string }
  | { readonly kind: 'record' | 'email' | 'tool-call'; readonly id: string };

const marks = {
  record: 'update pipe_engine.records set removed_at = now() where id = $1',
  // What was sent cannot be unsent: the sandbox says that it should not have been.
  email: 'update pipe_engine.emails set recalled_at = now() where id = $1',
  'tool-call': 'update pipe_engine.tool_calls set undone_at = now() where id = $1',
} as const;

/**
 * Takes an effect back, as far as nobody has built on it since: a field that holds another value by now, and a card that
 * has moved on, stay as they are.
 */
export async function undoAction(sql: Sql, undo: Undo): Promise<void> {
  switch (undo.kind) {
    case 'fields':
      return restoreFields(sql, undo.card, undo.before, undo.written);
    case 'phase':
      await sql.query('update pipe_engine.cards set phase_id = $2 where id = $1 and phase_id = $3', [
        undo.card,
        undo.from,
        undo.to,
      ]);
      return;
    case 'card':
      await sql.query('update pipe_engine.cards set removed_at = now() where id = $1', [undo.card]);
      return;
    case 'record':
    case 'email':
    case 'tool-call':
      await sql.query(marks[undo.kind], [undo.id]);
  }
}

async function restoreFields(sql: Sql, id: string, before: FieldValues, written: FieldValues): Promise<void> {
  const card = await lockCard(sql, id);
  if (!card) return;
  const ours = Object.keys(written).filter((field) => isDeepStrictEqual(card.fields[field], written[field]));
  const restored = Object.fromEntries(ours.map((field) => [field, before[field] ?? null]));
  // A field that was empty before is absent again, not null.
  await sql.query(
    'update pipe_engine.cards set fields = jsonb_strip_nulls(fields || $2::jsonb) where id = $1',
    [id, JSON.stringify(restored)],
  );
}
