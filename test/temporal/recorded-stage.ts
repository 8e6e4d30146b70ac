import type { BehaviorRun } from '../../contract/index.ts';
import { openStoppableEngine } from '../faults/stoppable-engine.ts';
import type { StoppableEngine } from '../faults/stoppable-engine.ts';
import { startScriptedEngine } from '../support/scripted-engine.ts';
import type { ScriptedEngine } from '../support/scripted-engine.ts';
import { registryOf, serve, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

/** What the scenarios are played on. */
export interface Stage {
  readonly served: Served;
  readonly engine: ScriptedEngine;
  /** An engine that keeps its keys and can be held in an action. */
  readonly stoppable: StoppableEngine;
  start(run: BehaviorRun): Promise<string>;
  /** Everything as before the scenario. */
  clear(): void;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const served = await serve();
  const under = (policy: string) => usualOrganization.replace('policy: {', `policy: { ${policy},`);
  await served.apply(
    registryOf({
      acme: usualOrganization,
      strict: under('onFailure: none'),
      fickle: under('onFailure: cascade'),
      thrifty: usualOrganization.replace('budget: {', 'budget: { callsPerRound: 1,'),
    }),
  );
  const engine = await startScriptedEngine(`scripted-${served.taskQueue}`);
  const stoppable = await openStoppableEngine(served, 'acme');
  await stoppable.start();
  return {
    served,
    engine,
    stoppable,
    start: served.start,
    clear() {
      served.vendors.reset();
      stoppable.asked.length = 0;
      for (const one of ['a', 'b', 'c']) engine.on(one, () => ({ status: 'done', undo: { of: one } }));
    },
    async close() {
      await stoppable.close();
      await engine.close();
      await served.close();
    },
  };
}
