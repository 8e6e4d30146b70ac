import type { Pool } from 'pg';
import { Failure, workflowIdOf, type BehaviorRun } from '../../contract/index.ts';
import { findCard } from './cards.ts';
import { markDelivered, postponeEvent, takeEvent, type StoredEvent } from './events.ts';
import { listFields } from './field-values.ts';
import { listTargetPipes, toBehaviorRun, type RunParts } from './to-behavior-run.ts';
import { inTransaction, type Sql } from './transaction.ts';
import { listBehaviors, listens } from './triggers.ts';

/** A run that was started, or attached to where it had been started before. */
export interface StartedRun {
  readonly workflowId: string;
  /** Settles when the run has ended, however it ended. */
  result(): Promise<unknown>;
}

export interface Delivery {
  readonly pool: Pool;
  readonly engineTaskQueue: string;
  /** Must attach to the running run when it is called again for the same event, as `startBehavior` does. */
  start(run: BehaviorRun): Promise<StartedRun>;
  onStarted(started: StartedRun, rootCard: string): void;
}

const retryFirstMs = 250;
const retryMaxMs = 30_000;

/**
 * Tells every Behavior that listens of the oldest event that is due; false when there is none. At least once: when a
 * start fails, or we die in between, the event comes again, and what was started then is the same run.
 */
export async function deliverNext(delivery: Delivery): Promise<boolean> {
  return inTransaction(delivery.pool, async (sql) => {
    const event = await takeEvent(sql);
    if (!event) return false;
    try {
      await markDelivered(sql, event.id, await startListeners(sql, event, delivery));
    } catch (error) {
      // The server of the runs is away, most probably, which is not the event's fault. Whatever it is, it is written down.
      const delayMs = Math.min(retryMaxMs, retryFirstMs * 2 ** event.tries);
      await postponeEvent(sql, event.id, delayMs, `not yet: ${String(error)}`);
    }
    return true;
  });
}

/** Answers which Behaviors could not be started for good, or null. */
async function startListeners(sql: Sql, event: StoredEvent, delivery: Delivery): Promise<string | null> {
  const refused: string[] = [];
  for (const parts of await listRuns(sql, event, delivery.engineTaskQueue)) {
    const { id } = parts.behavior.definition;
    await rememberRun(delivery.pool, event, id);
    try {
      delivery.onStarted(await delivery.start(toBehaviorRun(parts)), event.rootCard);
    } catch (error) {
      if (!(error instanceof Failure) || !error.type.startsWith('run.')) throw error;
      refused.push(`${id}: ${error.type}`);
    }
  }
  return refused.length > 0 ? refused.join(', ') : null;
}

async function listRuns(sql: Sql, event: StoredEvent, engineTaskQueue: string): Promise<readonly RunParts[]> {
  const card = await findCard(sql, event.card);
  if (!card) return [];
  const fields = await listFields(sql, event.pipe);
  const parts: RunParts[] = [];
  for (const behavior of await listBehaviors(sql, event.pipe)) {
    if (!listens(behavior.definition, event, card.fields, event.at)) continue;
    const otherFields = [];
    for (const pipe of listTargetPipes(behavior, event.pipe))
      otherFields.push(...(await listFields(sql, pipe)));
    parts.push({ event, card, behavior, fields, otherFields, engineTaskQueue });
  }
  return parts;
}

/** Committed before the start: the run's first action asks how deep its chain is, and may be faster than we are. */
async function rememberRun(pool: Pool, event: StoredEvent, behavior: string): Promise<void> {
  await pool.query(
    `insert into pipe_engine.runs (workflow_id, behavior, card_id, root_card, event_id, depth)
     values ($1, $2, $3, $4, $5, $6) on conflict (workflow_id) do nothing`,
    [
      workflowIdOf(event.org, behavior, event.id),
      behavior,
      event.card,
      event.rootCard,
      event.id,
      event.origin?.depth ?? 0,
    ],
  );
}
