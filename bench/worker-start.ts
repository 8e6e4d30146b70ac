import type { Figure } from './figure.ts';
import type { Grounds } from './grounds.ts';
import { startProcess } from './own-process.ts';
import { median } from './statistics.ts';
import type { WorkerStarted, WorkerToStart } from './worker-process.ts';

const atMostMs = 2_000;

/** A worker's start in a process of its own, bundling the workflows from what is shipped, until it polls. */
export async function measureWorkerStart(grounds: Grounds, starts: number): Promise<readonly Figure[]> {
  const taken: WorkerStarted[] = [];
  for (let start = 0; start < starts; start += 1) taken.push(await startOne(grounds));
  const startMs = median(taken.map((one) => one.startMs));
  const alone = { unit: 'ms', beside: null, compared: null } as const;
  return [
    {
      ...alone,
      what: 'worker start: p50',
      ours: startMs,
      target: { text: `< ${atMostMs} ms`, met: startMs < atMostMs },
    },
    {
      ...alone,
      what: 'worker start with Node and all modules: p50',
      ours: median(taken.map((one) => one.processMs)),
      target: null,
    },
  ];
}

async function startOne({ postgres, openRing, temporalAddress }: Grounds): Promise<WorkerStarted> {
  const child = startProcess<WorkerStarted>('./worker-process.js');
  try {
    const toStart: WorkerToStart = { databaseUrl: postgres.url('byom_worker'), openRing, temporalAddress };
    child.tell(toStart);
    return await child.said;
  } finally {
    await child.close();
  }
}
