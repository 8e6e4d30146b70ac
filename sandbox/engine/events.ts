import { createHash } from 'node:crypto';
import type { ActionRequest, TriggerEvent } from '../../contract/index.ts';
import type { EventType } from './pipe-definition.ts';
import type { Sql } from './transaction.ts';

/** Something that happened to a card and may trigger Behaviors. */
export interface CardChange {
  readonly type: EventType;
  readonly card: string;
  readonly changed: Changed;
}

interface Changed {
  readonly from?: string;
  readonly to?: string;
  readonly fields?: readonly string[];
}

export interface StoredEvent extends CardChange {
  readonly id: string;
  readonly org: string;
  readonly pipe: string;
  /** The card with which the chain of events began. */
  readonly rootCard: string;
  readonly at: Date;
  readonly origin: NonNullable<TriggerEvent['origin']> | null;
  /** The Behavior whose action raised it; null where a person did. */
  readonly byBehavior: string | null;
  readonly tries: number;
}

interface Cause {
  readonly id: string;
  readonly rootCard: string;
  readonly origin: StoredEvent['origin'];
  readonly byBehavior: string | null;
  readonly byKey: string | null;
}

/** What a person did: the beginning of a chain. */
export async function raiseByPerson(sql: Sql, id: string, change: CardChange): Promise<void> {
  await raise(sql, change, { id, rootCard: change.card, origin: null, byBehavior: null, byKey: null });
}

/**
 * What an action did, one run deeper than the run it belongs to. The ids follow from the key, so that an event that is
 * delivered twice is one run.
 */
export async function raiseByAction(
  sql: Sql,
  request: ActionRequest,
  generation: number,
  changes: readonly CardChange[],
): Promise<void> {
  const { rows } = await sql.query<{ depth: number; rootCard: string }>(
    'select depth, root_card as "rootCard" from pipe_engine.runs where workflow_id = $1',
    [request.workflowId],
  );
  const { depth, rootCard } = rows[0] ?? { depth: 0, rootCard: request.card };
  for (const [index, change] of changes.entries()) {
    await raise(sql, change, {
      id: eventIdOf(request.idempotencyKey, generation, index),
      rootCard,
      origin: { workflowId: request.workflowId, depth: depth + 1 },
      byBehavior: request.behavior,
      byKey: request.idempotencyKey,
    });
  }
}

function eventIdOf(key: string, generation: number, index: number): string {
  const hash = createHash('sha256').update(JSON.stringify([key, generation, index]));
  return `evt-${hash.digest('hex').slice(0, 32)}`;
}

async function raise(sql: Sql, { type, card, changed }: CardChange, cause: Cause): Promise<void> {
  await sql.query(
    `insert into pipe_engine.events (id, org, pipe_id, card_id, root_card, type, changed, origin, by_behavior, by_key)
     select $1, p.org, p.id, c.id, $3, $4, $5, $6, $7, $8
     from pipe_engine.cards c join pipe_engine.pipes p on p.id = c.pipe_id where c.id = $2
     on conflict (id) do nothing`,
    [
      cause.id,
      card,
      cause.rootCard,
      type,
      JSON.stringify(changed),
      cause.origin ? JSON.stringify(cause.origin) : null,
      cause.byBehavior,
      cause.byKey,
    ],
  );
}

/** What was taken back before anybody heard of it triggers nobody. */
export async function withdrawEvents(sql: Sql, key: string): Promise<void> {
  await sql.query('delete from pipe_engine.events where by_key = $1 and delivered_at is null', [key]);
}

/** The oldest event that is due, held until the transaction ends; others deliver others meanwhile. */
export async function takeEvent(sql: Sql): Promise<StoredEvent | undefined> {
  const { rows } = await sql.query<StoredEvent>(
    `select id, org, pipe_id as pipe, card_id as card, root_card as "rootCard", type, changed, at, origin,
       by_behavior as "byBehavior", tries
     from pipe_engine.events where delivered_at is null and due_at <= clock_timestamp()
     order by position limit 1 for update skip locked`,
  );
  return rows[0];
}

export async function markDelivered(sql: Sql, id: string, note: string | null): Promise<void> {
  await sql.query(
    'update pipe_engine.events set delivered_at = clock_timestamp(), tries = tries + 1, note = $2 where id = $1',
    [id, note],
  );
}

export async function postponeEvent(sql: Sql, id: string, delayMs: number, note: string): Promise<void> {
  await sql.query(
    `update pipe_engine.events set tries = tries + 1, note = $3,
       due_at = clock_timestamp() + $2 * interval '1 millisecond'
     where id = $1`,
    [id, delayMs, note],
  );
}

/** How many events of a card's chain nobody has been told of; of all chains without a card. */
export async function countUndelivered(sql: Sql, rootCard: string | undefined): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `select count(*)::int as count from pipe_engine.events
     where delivered_at is null and ($1::text is null or root_card = $1)`,
    [rootCard ?? null],
  );
  return rows[0]?.count ?? 0;
}
