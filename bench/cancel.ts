import { setTimeout as sleep } from 'node:timers/promises';
import { abortRun, outcome, startBehavior } from '../client/index.ts';
import type { LoggedRequest } from '../testing/index.ts';
import type { Figure } from './figure.ts';
import { taskQueues } from './grounds.ts';
import type { Grounds } from './grounds.ts';
import { silentOrganization, silentRoute, textRun } from './organizations.ts';
import { requestsTo, setFault } from './stand-in-control.ts';
import { median } from './statistics.ts';

const atMostMs = 1_000;
const lookEveryMs = 5;
const seenWithinMs = 30_000;

/** From the order to abort a run until its vendor sees the caller leave, in the middle of an answer. */
export async function measureCancel(grounds: Grounds, samples: number): Promise<readonly Figure[]> {
  await setFault(grounds, silentRoute, { kind: 'stall', afterTokens: 2, ms: 600_000 });
  const takenMs: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) takenMs.push(await measureOne(grounds, sample));
  const [usual, worst] = [median(takenMs), Math.max(...takenMs)];
  const figure = (what: string, ours: number) => ({
    what: `abort until the vendor sees it: ${what}`,
    unit: 'ms' as const,
    ours,
    beside: null,
    compared: null,
  });
  return [
    { ...figure('p50', usual), target: null },
    {
      ...figure(`longest of ${samples}`, worst),
      target: { text: `≤ ${atMostMs} ms`, met: worst <= atMostMs },
    },
  ];
}

/** Both clocks are this machine's, so the vendor's time of the disconnect can be compared with ours of the order. */
async function measureOne(grounds: Grounds, sample: number): Promise<number> {
  const { client, runKeys: keys } = grounds;
  const run = textRun(silentOrganization);
  const { workflowId } = await startBehavior(client, run, { keys, taskQueue: taskQueues.ours });
  await untilLogged(grounds, sample, (request) => request.status === 200);
  // Aborts come at any moment between two heartbeats; without a pause all would come at the same one.
  await sleep(300 + Math.random() * 500);
  const orderedAtMs = Date.now();
  await abortRun(client, workflowId, { reason: 'measured' });
  const { disconnectedAtMs } = await untilLogged(
    grounds,
    sample,
    (request) => request.disconnectedAtMs !== null,
  );
  const { status } = await outcome(client, workflowId);
  if (status !== 'aborted') throw new Error(`A run that was aborted ended ${status}.`);
  return (disconnectedAtMs ?? Number.NaN) - orderedAtMs;
}

/** One call a run, in their order: the n-th request is that of the n-th sample. */
async function untilLogged(
  grounds: Grounds,
  sample: number,
  is: (request: LoggedRequest) => boolean,
): Promise<LoggedRequest> {
  const endsAtMs = Date.now() + seenWithinMs;
  while (Date.now() < endsAtMs) {
    const request = (await requestsTo(grounds, silentRoute))[sample];
    if (request !== undefined && is(request)) return request;
    await sleep(lookEveryMs);
  }
  throw new Error('The vendor did not see what it should within 30 s.');
}
