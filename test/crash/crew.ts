import { randomUUID } from 'node:crypto';
import type { Crash, CrashPoint } from './cells.ts';
import type { CrashSite } from './crash-site.ts';
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

const meetWithinMs = 30_000;

export async function openCrew(site: CrashSite): Promise<Crew> {
  const own = randomUUID().slice(0, 8);
  const queues = { runs: `byom-${own}`, engine: `engine-${own}` } as const;
  let meeting: Meeting | null = null;
  const onReached = async (reached: Reached) => meeting?.arrive(reached);
  const hire = (role: Role) => {
    const settings: WorkerSettings = { ...site.settings, role, taskQueue: queues[role], graceMs: null };
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
      meeting = createMeeting(point, runs);
      await meeting.complete;
      if (victim === 'worker') {
        // Between two actions it is the worker that knows what comes next; else the one that stands at the point.
        const role = point === 'after an effect' || point === 'during compensation' ? 'engine' : 'runs';
        await replace(role);
        meeting.end();
        await serving[role].serve();
      } else {
        const restart = await site.kill(victim);
        meeting.end();
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

interface Meeting {
  /** Resolves at once for whoever does not take part, and for the others when the meeting ends. */
  arrive(reached: Reached): Promise<void>;
  /** Resolves when every run is at the point. */
  readonly complete: Promise<void>;
  end(): void;
}

function createMeeting(point: CrashPoint, runs: readonly CrashRun[]): Meeting {
  const expected = new Map(
    runs.map(({ workflowId, model }) => {
      const step = engineSteps[point];
      return [workflowId, step === undefined ? { step: point, at: model } : { step, at: secondAction }];
    }),
  );
  const over = withResolvers();
  const complete = withResolvers();
  const timer = setTimeout(() => {
    complete.reject(new Error(`Not ${point} within ${meetWithinMs} ms: ${[...expected.keys()].join(', ')}`));
  }, meetWithinMs);
  return {
    complete: complete.promise,
    end: over.resolve,
    async arrive({ point: step, workflowId, at }) {
      const wanted = expected.get(workflowId);
      if (wanted?.step !== step || wanted.at !== at) return;
      expected.delete(workflowId); // Each run is held once: the next try passes.
      if (expected.size === 0) {
        clearTimeout(timer);
        complete.resolve();
      }
      await over.promise;
    },
  };
}

function withResolvers(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
} {
  let resolve = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  promise.catch(() => {}); // It may fail before anybody waits for it.
  return { promise, resolve, reject };
}
