import type { Pool } from 'pg';
import type { EngineActivities } from '../../contract/index.ts';
import { compensateOnce, executeOnce } from './effects.ts';

export interface EngineActivityDependencies {
  readonly pool: Pool;
  /** Called after an effect is committed: there may be events to deliver. */
  onEffect?(): void;
}

/** What the workflows ask of an engine, on the engine's own task queue. */
export function createEngineActivities({ pool, onEffect }: EngineActivityDependencies): EngineActivities {
  return {
    async executeAction(request) {
      const done = await executeOnce(pool, request);
      onEffect?.();
      return done;
    },
    async compensateAction(request) {
      await compensateOnce(pool, request);
    },
    async behaviorFinished({ workflowId, outcome }) {
      await pool.query('update pipe_engine.runs set outcome = $2 where workflow_id = $1', [
        workflowId,
        JSON.stringify(outcome),
      ]);
    },
  };
}
