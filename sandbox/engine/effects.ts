import type { Pool } from 'pg';
import type { ActionDone, ActionRequest, CompensateRequest } from '../../contract/index.ts';
import { applyAction } from './apply-action.ts';
import { raiseByAction, withdrawEvents } from './events.ts';
import { refuse, refuseUndone } from './refuse.ts';
import { inTransaction, type Sql } from './transaction.ts';
import { undoAction, type Undo } from './undo-action.ts';

interface StoredEffect {
  readonly state: 'done' | 'undone';
  /** How often it has been done: a replay after a compensation is a new effect with events of its own. */
  readonly generation: number;
  readonly requestedAt: Date | null;
  readonly fence: Date | null;
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly undo: Undo | null;
}

/**
 * Carries an action out once per key. The effect, the events it raises and the memory of it are one transaction, so that
 * a crash leaves all of them or none. Executions of one key wait for each other.
 */
export async function executeOnce(pool: Pool, request: ActionRequest): Promise<ActionDone> {
  const requestedAt = instantOf(request.requestedAt);
  return inTransaction(pool, async (sql) => {
    const known = await lockEffect(sql, request.idempotencyKey);
    if (known?.state === 'done') {
      // From now on somebody later relies on it: a late compensation of who asked first must not take it back.
      await sql.query(
        'update pipe_engine.effects set requested_at = greatest(requested_at, $2) where key = $1',
        [request.idempotencyKey, requestedAt],
      );
      return { status: 'already-done', fields: known.fields ?? {}, undo: known.undo };
    }
    // A late try of an execution that was compensated: what it asks for is not wanted any more.
    if (known?.fence && requestedAt <= known.fence) throw refuseUndone();
    const generation = (known?.generation ?? 0) + 1;
    const { status, detail, undo, changes } = await applyAction(sql, request);
    await sql.query(
      `insert into pipe_engine.effects (key, state, generation, requested_at, fields, undo)
       values ($1, 'done', $2, $3, $4, $5)
       on conflict (key) do update set state = 'done', generation = $2, requested_at = $3, fields = $4, undo = $5`,
      [request.idempotencyKey, generation, requestedAt, JSON.stringify(request.fields), JSON.stringify(undo)],
    );
    await raiseByAction(sql, request, generation, changes);
    return { status, fields: request.fields, undo, ...(detail === undefined ? {} : { detail }) };
  });
}

/**
 * Takes an action back and raises the fence, also for a key that was never seen: its execution may still be on its way.
 * The effect's own record says how; an execution requested later than this is another one and stays.
 */
export async function compensateOnce(pool: Pool, request: CompensateRequest): Promise<void> {
  const requestedAt = instantOf(request.requestedAt);
  await inTransaction(pool, async (sql) => {
    const key = request.idempotencyKey;
    const known = await lockEffect(sql, key);
    if (known?.state === 'done') {
      if (known.requestedAt && known.requestedAt > requestedAt) return;
      if (known.undo) await undoAction(sql, known.undo);
      await withdrawEvents(sql, key);
    }
    await sql.query(
      `insert into pipe_engine.effects as e (key, state, generation, fence) values ($1, 'undone', 0, $2)
       on conflict (key) do update set state = 'undone', fence = greatest(e.fence, $2)`,
      [key, requestedAt],
    );
  });
}

/** Serializes everything that concerns one key, also one that has no row yet. */
async function lockEffect(sql: Sql, key: string): Promise<StoredEffect | undefined> {
  await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`pipe_engine ${key}`]);
  const { rows } = await sql.query<StoredEffect>(
    `select state, generation, requested_at as "requestedAt", fence, fields, undo
     from pipe_engine.effects where key = $1`,
    [key],
  );
  return rows[0];
}

function instantOf(text: string): Date {
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime())) throw refuse('requestedAt is no date');
  return instant;
}
