import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import type { Attachment, BehaviorRun, EngineActivities, RunOutcome } from '../../contract/index.ts';
import {
  findCard,
  insertCard,
  lockCard,
  moveCardTo,
  writeCardFields,
  type FieldValues,
  type StoredCard,
} from './cards.ts';
import { createDeliveryLoop } from './delivery-loop.ts';
import { deliverNext, type StartedRun } from './deliver-event.ts';
import { createEngineActivities } from './engine-activities.ts';
import { countUndelivered, raiseByPerson, type CardChange } from './events.ts';
import { installPipe } from './install-pipe.ts';
import type { PipeDefinition } from './pipe-definition.ts';
import { refuse } from './refuse.ts';
import { createEngineSchema } from './schema.ts';
import { inTransaction, type Sql } from './transaction.ts';

export interface EngineOptions {
  readonly databaseUrl: string;
  /** Where `runEngineWorker` listens for this engine's actions. */
  readonly taskQueue?: string;
  /** Starts a run, or attaches to it: `startBehavior` of `client/`, bound to a Temporal client and run keys. */
  start(run: BehaviorRun): Promise<StartedRun>;
  /** False: events are delivered only when `deliver` or `whenIdle` is called. */
  readonly delivers?: boolean;
}

/** A pipe engine small enough to read: what a real one needs so that its Behaviors run here. */
export interface PipeEngine {
  readonly taskQueue: string;
  readonly activities: EngineActivities;
  install(pipe: PipeDefinition): Promise<void>;
  /** What people do. Each raises an event, in the same transaction. */
  createCard(pipe: PipeDefinition, card: CardToCreate): Promise<string>;
  updateCard(card: string, fields: FieldValues): Promise<void>;
  moveCard(card: string, phase: string): Promise<void>;
  /** Undefined where there is no such card, or it was taken back. */
  card(id: string): Promise<StoredCard | undefined>;
  /** Runs of a card's chain, oldest first; the outcome is null until the run has told it. */
  runs(card: string): Promise<readonly EngineRun[]>;
  /** Templates of the e-mails that were sent for a card. */
  emails(card: string): Promise<readonly string[]>;
  /** Delivers every event that is due. */
  deliver(): Promise<void>;
  /** Waits until every event of a card's chain is delivered and every run that followed has ended; of all cards without one. */
  whenIdle(card?: string, withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

interface CardToCreate {
  readonly fields: FieldValues;
  readonly title?: string;
  readonly attachments?: readonly Attachment[];
  /** The id of the event that this raises; absent, a random one. */
  readonly eventId?: string;
}

export interface EngineRun {
  readonly workflowId: string;
  readonly behavior: string;
  readonly card: string;
  readonly depth: number;
  readonly outcome: RunOutcome | null;
}

const idleDefaultMs = 60_000;
const lookEveryMs = 50;

/** Opens the engine on its schema `pipe_engine`, which is made where it is missing. */
export async function createEngine(options: EngineOptions): Promise<PipeEngine> {
  const { databaseUrl, start, taskQueue = 'pipe-engine', delivers = true } = options;
  const pool = new Pool({ connectionString: databaseUrl, max: 10 });
  // An idle connection that breaks is replaced at its next use.
  pool.on('error', () => {});
  await createEngineSchema(pool).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const running = new Map<Promise<unknown>, string>();
  let starts = 0;
  function onStarted(started: StartedRun, rootCard: string): void {
    starts += 1;
    const ended = started.result().catch(() => {});
    running.set(ended, rootCard);
    void ended.then(() => running.delete(ended));
  }
  const loop = createDeliveryLoop(
    () => deliverNext({ pool, start, engineTaskQueue: taskQueue, onStarted }),
    delivers,
  );

  async function whenIdle(card?: string, withinMs = idleDefaultMs): Promise<void> {
    const endsAt = Date.now() + withinMs;
    for (;;) {
      const leftMs = Math.max(1, endsAt - Date.now());
      // A chain that never ends keeps the loop busy: the deadline holds for it too.
      await Promise.race([loop.deliver(), sleep(leftMs, undefined, { ref: false })]);
      const startsBefore = starts;
      const runs = [...running].filter(([, root]) => card === undefined || root === card);
      const idle = runs.length === 0 && (await countUndelivered(pool, card)) === 0;
      // Nothing ran, nothing was waiting, and nothing was started while we looked: nothing can come of it any more.
      if (idle && starts === startsBefore) return;
      if (Date.now() > endsAt) throw new Error(`Not every run had ended within ${withinMs} ms.`);
      await Promise.race([...runs.map(([ended]) => ended), sleep(lookEveryMs)]);
    }
  }

  return {
    ...createDesk(pool, loop.deliverSoon),
    taskQueue,
    activities: createEngineActivities({ pool, onEffect: loop.deliverSoon }),
    deliver: loop.deliver,
    whenIdle,
    async close() {
      await loop.close();
      await pool.end();
    },
  };
}

type Desk = Omit<PipeEngine, 'taskQueue' | 'activities' | 'deliver' | 'whenIdle' | 'close'>;

/** What people do and see, as opposed to runs. */
function createDesk(pool: Pool, deliverSoon: () => void): Desk {
  async function change(
    work: (sql: Sql) => Promise<CardChange>,
    eventId: string = randomUUID(),
  ): Promise<string> {
    const changed = await inTransaction(pool, async (sql) => {
      const done = await work(sql);
      await raiseByPerson(sql, eventId, done);
      return done;
    });
    deliverSoon();
    return changed.card;
  }
  return {
    install: (pipe) => installPipe(pool, pipe),
    createCard: ({ id: pipe, org }, { eventId, ...card }) =>
      change(async (sql) => {
        const id = await insertCard(sql, { org, pipe, ...card });
        return { type: 'card_created', card: id, changed: {} };
      }, eventId),
    async updateCard(id, fields) {
      await change(async (sql) => {
        const { changed } = await writeCardFields(sql, await getLocked(sql, id), fields);
        return { type: 'field_updated', card: id, changed: { fields: changed } };
      });
    },
    async moveCard(id, phase) {
      await change(async (sql) => {
        const card = await getLocked(sql, id);
        await moveCardTo(sql, card, phase);
        return { type: 'card_moved', card: id, changed: { from: card.phase, to: phase } };
      });
    },
    card: (id) => findCard(pool, id),
    runs: (card) => listRuns(pool, card),
    emails: (card) => listEmails(pool, card),
  };
}

async function getLocked(sql: Sql, id: string): Promise<StoredCard> {
  const card = await lockCard(sql, id);
  if (!card) throw refuse(`there is no card ${id}`);
  return card;
}

async function listRuns(sql: Sql, card: string): Promise<readonly EngineRun[]> {
  const { rows } = await sql.query<EngineRun>(
    `select r.workflow_id as "workflowId", r.behavior, r.card_id as card, r.depth, r.outcome
     from pipe_engine.runs r join pipe_engine.events e on e.id = r.event_id
     where r.root_card = $1 order by e.position, r.behavior`,
    [card],
  );
  return rows;
}

async function listEmails(sql: Sql, card: string): Promise<readonly string[]> {
  const { rows } = await sql.query<{ template: string }>(
    `select template_id as template from pipe_engine.emails
     where card_id = $1 and recalled_at is null order by id`,
    [card],
  );
  return rows.map((row) => row.template);
}
