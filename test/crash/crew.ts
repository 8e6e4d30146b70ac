import { randomUUID } from 'node:crypto';
import type { Crash, CrashPoint } from './cells.ts';
import type { CrashSite } from './crash-site.ts';
import { createHolds } from './holds.ts';
import type { CrashRun } from './runs.ts';
import { startWorkerProcess } from './start-worker-process.ts';
import type { Reached, WorkerProcess, WorkerSettings } from './start-worker-process.ts';

/** The worker processes of one pair of task queues: one of each role serves, and one stands by to take over. */
export interface Crew {
  readonly engineTaskQueue: string;
  readonly taskQueue: string;
  /** Lets the runs come to the point, all of them, and strikes there. Resolves when everything is up again. */
  crash(crash: Crash, runs: readonly CrashRun[]): Promise<void>;
  close(): Promise<void>;
}

type Role = 'runs' | 'engine';

/** The steps of a worker process at which a point is reached, and at which action; in a call it is the model that counts. */
const engineSteps: Partial<Readonly<Record<CrashPoint, string>>> = {
  'between two actions': 'before effect',
  'after an effect': 'after effect',
  'during compensation': 'after undo',
};
const secondAction = 'b';

export async function openCrew(site: CrashSite): Promise<Crew> {
  const own = randomUUID().slice(0, 8);
  const queues = { runs: `byom-${own}`, engine: `engine-${own}` } as const;
  let holds = createHolds();
  const onReached = (reached: Reached) => holds.arrive(reached);
  const hire = (role: Role) => {
    const settings: WorkerSettings = { ...site.settings, role, taskQueue: queues[role] };
    const hired = startWorkerProcess(settings, onReached);
    hired.catch(() => {}); // Thrown to whoever needs it.
    return hired;
  };
  const serving = { runs: await hire('runs'), engine: await hire('engine') };
  const standby = { runs: hire('runs'), engine: hire('engine') };
  await Promise.all([serving.runs.serve(), serving.engine.serve()]);

  async function replace(role: Role): Promise<void> {
    await serving[role].end('SIGKILL');
    serving[role] = await standby[role];
    standby[role] = hire(role);
  }
  return {
    engineTaskQueue: queues.engine,
    taskQueue: queues.runs,
    async crash({ point, victim }, runs) {
      holds = createHolds();
      await Promise.all(runs.map((run) => holds.hold(placeOf(point, run))));
      if (victim === 'worker') {
        // Between two actions it is the worker that knows what comes next; else the one that stands at the point.
        const role = point === 'after an effect' || point === 'during compensation' ? 'engine' : 'runs';
        await replace(role);
        holds.release();
        await serving[role].serve();
      } else {
        const restart = await site.kill(victim);
        holds.release();
        await restart();
      }
    },
    async close() {
      const all: readonly WorkerProcess[] = [
        serving.runs,
        serving.engine,
        ...(await Promise.all([standby.runs, standby.engine])),
      ];
      await Promise.all(all.map((one) => one.end('SIGKILL')));
    },
  };
}

function placeOf(point: CrashPoint, { workflowId, model }: CrashRun): Reached {
  const step = engineSteps[point];
  return step === undefined
    ? { point, workflowId, at: model }
    : { point: step, workflowId, at: secondAction };
}
