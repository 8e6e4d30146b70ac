import { randomUUID } from 'node:crypto';
import { startBehavior } from '../client/index.ts';
import type { BareCall } from './bare-activity.ts';
import type { bareCall } from './bare-workflow.ts';
import type { Figure } from './figure.ts';
import { taskQueues } from './grounds.ts';
import type { Grounds } from './grounds.ts';
import { organizations, textRoute, textRun } from './organizations.ts';
import type { Sizes } from './sizes.ts';
import { requestsTo } from './stand-in-control.ts';
import { compare, median, quantile } from './statistics.ts';
import { inParallel, takeTurns, timed } from './take-turns.ts';

const width = 50;

/** A text run of ours beside the bare one-activity workflow that makes the same request: latency, throughput, CPU. */
export async function measureTextRun(grounds: Grounds, sizes: Sizes['text']): Promise<readonly Figure[]> {
  const runOurs = createOurs(grounds);
  await runOurs();
  const runBare = createBare(grounds, await requestOfOurs(grounds));
  for (const run of [runOurs, runBare]) await inParallel(sizes.warmUp, width, run);

  const { ours, bare } = await takeTurns(sizes.rounds, {
    ours: () => measureBlock(runOurs, sizes),
    bare: () => measureBlock(runBare, sizes),
  });
  return toFigures(ours, bare);
}

type Run = () => Promise<void>;

function createOurs({ client, runKeys: keys }: Grounds): Run {
  let runs = 0;
  return async () => {
    runs += 1;
    const run = textRun(organizations[runs % organizations.length] ?? organizations[0]);
    const handle = await startBehavior(client, run, { keys, taskQueue: taskQueues.ours });
    const { status } = await handle.result();
    if (status !== 'completed') throw new Error(`A text run ended ${status}.`);
  };
}

function createBare({ client }: Grounds, call: BareCall): Run {
  return async () => {
    const { finish } = await client.workflow.execute<typeof bareCall>('bareCall', {
      taskQueue: taskQueues.bare,
      workflowId: `bare:${randomUUID()}`,
      args: [call],
    });
    if (finish !== 'stop') throw new Error(`A bare call ended ${finish}.`);
  };
}

/** What a run of ours asks the vendor, read from what the vendor received: the bare arm asks exactly the same. */
async function requestOfOurs(grounds: Grounds): Promise<BareCall> {
  const [first] = await requestsTo(grounds, textRoute);
  const body = first?.body as ChatBody;
  const said = (role: string) => body.messages.find((message) => message.role === role)?.content ?? '';
  return {
    prompt: { system: said('system'), turns: [{ by: 'user', text: said('user') }], answer: { kind: 'text' } },
    upstreamId: body.model,
    maxOutputTokens: body.max_tokens,
    streaming: body.stream === true,
  };
}

interface ChatBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly stream?: boolean;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

interface Block {
  readonly latenciesMs: readonly number[];
  readonly cpuMs: number;
  readonly parallelPerSecond: number;
  readonly parallelCpuMs: number;
}

/** CPU is the process's, user and system, per run: client and worker; vendor, Temporal and Postgres are elsewhere. */
async function measureBlock(run: Run, { sequential, parallel }: Sizes['text']): Promise<Block> {
  const latenciesMs: number[] = [];
  const cpuMs = await cpuOf(async () => {
    for (let done = 0; done < sequential; done += 1) latenciesMs.push(await timed(run));
  });
  let parallelMs = 0;
  const parallelCpuMs = await cpuOf(async () => {
    parallelMs = await timed(() => inParallel(parallel, width, run));
  });
  return {
    latenciesMs,
    cpuMs: cpuMs / sequential,
    parallelPerSecond: (parallel / parallelMs) * 1_000,
    parallelCpuMs: parallelCpuMs / parallel,
  };
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function toFigures(ours: readonly Block[], bare: readonly Block[]): readonly Figure[] {
  const all = (blocks: readonly Block[]) => blocks.flatMap(({ latenciesMs }) => latenciesMs);
  const [oursP99, bareP99] = [quantile(all(ours), 0.99), quantile(all(bare), 0.99)];
  const figure = (
    what: string,
    unit: Figure['unit'],
    of: (block: Block) => number,
    atMost?: number,
  ): Figure => {
    const [mine, other] = [ours.map(of), bare.map(of)];
    const compared = compare('ratio', mine, other);
    return {
      what,
      unit,
      ours: median(mine),
      beside: { what: 'bare', value: median(other) },
      compared,
      target:
        atMost === undefined ? null : { text: `≤ ${atMost.toFixed(2)} ×`, met: compared.value <= atMost },
    };
  };
  return [
    figure('text run, one at a time: p50', 'ms', ({ latenciesMs }) => median(latenciesMs), 1.1),
    {
      what: 'text run, one at a time: p99',
      unit: 'ms',
      ours: oursP99,
      beside: { what: 'bare', value: bareP99 },
      compared: null,
      target: null,
    },
    figure('text run, one at a time: CPU', 'ms', ({ cpuMs }) => cpuMs),
    figure(`text run, ${width} at once`, 'runs/s', ({ parallelPerSecond }) => parallelPerSecond),
    figure(`text run, ${width} at once: CPU`, 'ms', ({ parallelCpuMs }) => parallelCpuMs, 1.25),
  ];
}
