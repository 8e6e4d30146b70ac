import { Pool } from 'pg';
import {
  workflowIdOf,
  type Action,
  type ActionRequest,
  type BehaviorRun,
  type CompensateRequest,
} from '../../contract/index.ts';
import type { StartedRun } from '../../sandbox/engine/deliver-event.ts';
import { createEngine, type PipeEngine } from '../../sandbox/engine/engine.ts';
import { emptyDatabase } from '../support/database.ts';

export interface OpenEngine {
  readonly engine: PipeEngine;
  /** For looking at the engine's tables. */
  readonly pool: Pool;
  readonly databaseUrl: string;
  close(): Promise<void>;
}

/** An engine on an empty database of its own, which delivers only when told to. */
export async function openEngine(start: (run: BehaviorRun) => Promise<StartedRun>): Promise<OpenEngine> {
  const { ownerUrl: databaseUrl, drop } = await emptyDatabase();
  const engine = await createEngine({ databaseUrl, start, delivers: false });
  const pool = new Pool({ connectionString: databaseUrl, max: 4 });
  return {
    engine,
    pool,
    databaseUrl,
    async close() {
      await engine.close();
      await pool.end();
      await drop();
    },
  };
}

/** A run that ends with what `work` gives. */
export function startedRun(run: BehaviorRun, work: Promise<unknown> = Promise.resolve()): StartedRun {
  const workflowId = workflowIdOf(run.org, run.behavior.id, run.event.id);
  return { workflowId, result: () => work };
}

export async function neverStarts(): Promise<StartedRun> {
  throw new Error('Nothing was to be started.');
}

export interface Asked {
  readonly card: string;
  readonly action: Action;
  readonly pipe?: string;
  readonly org?: string;
  readonly behavior?: string;
  readonly workflowId?: string;
  readonly key?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Workflow time in seconds. */
  readonly at?: number;
}

export function requestOf(asked: Asked): ActionRequest {
  const workflowId = asked.workflowId ?? 'byom:acme:b-1:evt-1';
  return {
    version: 1,
    org: asked.org ?? 'acme',
    pipe: asked.pipe ?? '900001000',
    card: asked.card,
    behavior: asked.behavior ?? 'b-1',
    workflowId,
    runId: 'run-1',
    requestedAt: new Date(Date.UTC(2026, 10, 24, 10, 0, asked.at ?? 0)).toISOString(),
    action: asked.action,
    fields: asked.fields ?? {},
    idempotencyKey: asked.key ?? `${workflowId}/${asked.action.referenceId}/1`,
  };
}

export function undoOf(asked: Asked, undo: unknown = null): CompensateRequest {
  return { ...requestOf(asked), undo };
}
