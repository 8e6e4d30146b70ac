import { isDeepStrictEqual } from 'node:util';
import type { Attachment } from '../../contract/index.ts';
import { checkFields } from './field-values.ts';
import { refuse } from './refuse.ts';
import type { Sql } from './transaction.ts';

export type FieldValues = Readonly<Record<string, unknown>>;

export interface StoredCard {
  readonly id: string;
  readonly org: string;
  readonly pipe: string;
  readonly phase: string;
  readonly phaseName: string;
  readonly parent: string | null;
  readonly title: string;
  readonly fields: FieldValues;
  readonly attachments: readonly Attachment[];
  readonly createdAt: Date;
}

const selectCard = `
select c.id, p.org, c.pipe_id as pipe, c.phase_id as phase, f.name as "phaseName", c.parent_card as parent, c.title,
  c.fields, c.attachments, c.created_at as "createdAt"
from pipe_engine.cards c
join pipe_engine.pipes p on p.id = c.pipe_id
join pipe_engine.phases f on f.id = c.phase_id
where c.id = $1 and c.removed_at is null`;

/** Undefined where there is no such card, or it was taken back. */
export async function findCard(sql: Sql, id: string): Promise<StoredCard | undefined> {
  const { rows } = await sql.query<StoredCard>(selectCard, [id]);
  return rows[0];
}

/** The card, held until the transaction ends. */
export async function lockCard(sql: Sql, id: string): Promise<StoredCard | undefined> {
  const { rows } = await sql.query<StoredCard>(`${selectCard} for update of c`, [id]);
  return rows[0];
}

/** Writes fields of a locked card; answers what was there before, and which values are other ones now. */
export async function writeCardFields(
  sql: Sql,
  card: StoredCard,
  values: FieldValues,
): Promise<{ readonly before: FieldValues; readonly changed: readonly string[] }> {
  await checkFields(sql, card.pipe, values);
  await sql.query('update pipe_engine.cards set fields = fields || $2::jsonb where id = $1', [
    card.id,
    JSON.stringify(values),
  ]);
  const ids = Object.keys(values);
  return {
    before: Object.fromEntries(ids.map((id) => [id, card.fields[id] ?? null])),
    changed: ids.filter((id) => !isDeepStrictEqual(values[id], card.fields[id])),
  };
}

/** Moves a locked card, where its pipe allows that move. */
export async function moveCardTo(sql: Sql, card: StoredCard, phase: string): Promise<void> {
  const { rowCount } = await sql.query(
    `update pipe_engine.cards c set phase_id = m.to_phase
     from pipe_engine.moves m where c.id = $1 and m.from_phase = c.phase_id and m.to_phase = $2`,
    [card.id, phase],
  );
  if (rowCount === 0) throw refuse(`a card in phase ${card.phase} cannot be moved to phase ${phase}`);
}

export interface NewCard {
  readonly org: string;
  readonly pipe: string;
  /** Absent: the first phase of the pipe. */
  readonly phase?: string | undefined;
  readonly parent?: string | undefined;
  /** Absent: the text of the first field that has one. */
  readonly title?: string | undefined;
  readonly fields: FieldValues;
  readonly attachments?: readonly Attachment[] | undefined;
}

/** Answers the id of the new card. */
export async function insertCard(sql: Sql, card: NewCard): Promise<string> {
  await checkFields(sql, card.pipe, card.fields);
  const title = card.title ?? Object.values(card.fields).find((value) => typeof value === 'string') ?? 'Card';
  const { rows } = await sql.query<{ id: string }>(
    `insert into pipe_engine.cards (pipe_id, phase_id, parent_card, title, fields, attachments)
     select p.id, f.id, $4, $5, $6, $7
     from pipe_engine.pipes p join pipe_engine.phases f on f.pipe_id = p.id and f.id = coalesce($3, p.first_phase)
     where p.id = $2 and p.org = $1
     returning id`,
    [
      card.org,
      card.pipe,
      card.phase ?? null,
      card.parent ?? null,
      title,
      JSON.stringify(card.fields),
      JSON.stringify(card.attachments ?? []),
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw refuse(`the organization has no pipe ${card.pipe} with such a phase`);
  return id;
}
