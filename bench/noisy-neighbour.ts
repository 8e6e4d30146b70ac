import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { abortRun, outcome, startBehavior } from '../client/index.ts';
import type { Figure } from './figure.ts';
import { taskQueues } from './grounds.ts';
import type { Grounds } from './grounds.ts';
import { noisyOrganization, noisyRoute, organizations, textRun } from './organizations.ts';
import type { Sizes } from './sizes.ts';
import { requestsTo, setFault } from './stand-in-control.ts';
import { compare, median, quantile } from './statistics.ts';
import { inParallel, takeTurns, timed } from './take-turns.ts';

const ratioAtMost = 1.5;
/** What a worker of a hundred slots lets one organization hold. */
const held = 25;
const width = 25;
const lookEveryMs = 50;
const standsWithinMs = 60_000;

/**
 * The runs of one organization, with and without a neighbour on the same worker whose runs all hang in their calls.
 * Nothing but the worker's own share keeps them apart: the runs are started without the key that a server is fair by.
 */
export async function measureNoisyNeighbour(
  grounds: Grounds,
  { rounds, noisy, quiet }: Sizes['neighbour'],
): Promise<readonly Figure[]> {
  await setFault(grounds, noisyRoute, { kind: 'silence' });
  const client = withoutFairness(grounds.client);
  const measureQuiet = async () => {
    const latenciesMs: number[] = [];
    for (let done = 0; done < quiet; done += 1)
      latenciesMs.push(await timed(() => runQuiet(grounds, client)));
    return latenciesMs;
  };
  await measureQuiet();
  const { alone, beside } = await takeTurns(rounds, {
    alone: measureQuiet,
    beside: async () => {
      const neighbours = await startNoise(grounds, client, noisy);
      const latenciesMs = await measureQuiet();
      await endNoise(grounds, neighbours);
      return latenciesMs;
    },
  });
  return [toFigure('p50', noisy, beside, alone), toFigure('p95', noisy, beside, alone)];
}

function withoutFairness({ connection }: Client): Client {
  const interceptor: WorkflowClientInterceptor = {
    start(input, next) {
      const { priority: _organization, ...options } = input.options;
      return next({ ...input, options });
    },
  };
  return new Client({ connection, interceptors: { workflow: [interceptor] } });
}

async function start({ runKeys: keys }: Grounds, client: Client, org: string): Promise<string> {
  const handle = await startBehavior(client, textRun(org), { keys, taskQueue: taskQueues.ours });
  return handle.workflowId;
}

async function runQuiet(grounds: Grounds, client: Client): Promise<void> {
  const { status } = await outcome(client, await start(grounds, client, organizations[0]));
  if (status !== 'completed') throw new Error(`A run beside a noisy neighbour ended ${status}.`);
}

/** As many runs as said, all of them at their call: some hang in it, the others look again and again for a free place. */
async function startNoise(grounds: Grounds, client: Client, runs: number): Promise<readonly string[]> {
  const workflowIds: string[] = [];
  await inParallel(runs, width, async () => {
    workflowIds.push(await start(grounds, client, noisyOrganization));
  });
  await until(`${held} calls hang`, async () => (await hangingCalls(grounds)) === held);
  // A run tags itself with its provider when it asks for its first call.
  const calling = `ByomOrg="${noisyOrganization}" and ByomTags="provider:own" and ExecutionStatus="Running"`;
  await until(`${runs} runs are at their call`, async () => {
    return (await client.workflow.count(calling)).count === runs;
  });
  return workflowIds;
}

async function endNoise(grounds: Grounds, workflowIds: readonly string[]): Promise<void> {
  const left = [...workflowIds];
  await inParallel(left.length, width, async () => {
    const workflowId = left.pop() ?? '';
    await abortRun(grounds.client, workflowId, { reason: 'measured' });
  });
  await until('no call hangs', async () => (await hangingCalls(grounds)) === 0);
}

async function hangingCalls(grounds: Grounds): Promise<number> {
  const requests = await requestsTo(grounds, noisyRoute);
  return requests.filter(({ finishedAtMs }) => finishedAtMs === null).length;
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const endsAtMs = Date.now() + standsWithinMs;
  while (!(await isTrue())) {
    if (Date.now() > endsAtMs)
      throw new Error(`Not within ${standsWithinMs / 1_000} s at the noisy neighbour: ${what}.`);
    await sleep(lookEveryMs);
  }
}

const shares = { p50: 0.5, p95: 0.95 } as const;
type Rounds = readonly (readonly number[])[];

function toFigure(name: keyof typeof shares, noisy: number, beside: Rounds, alone: Rounds): Figure {
  const of = (rounds: Rounds) => rounds.map((latenciesMs) => quantile(latenciesMs, shares[name]));
  const compared = compare('ratio', of(beside), of(alone));
  return {
    what: `text run beside ${noisy} hanging runs of another: ${name}`,
    unit: 'ms',
    ours: median(of(beside)),
    beside: { what: 'alone', value: median(of(alone)) },
    compared,
    target:
      name === 'p95' ? { text: `≤ ${ratioAtMost.toFixed(2)} ×`, met: compared.value <= ratioAtMost } : null,
  };
}
