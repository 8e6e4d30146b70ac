import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAdapter } from './adapter.ts';
import { measureApiReads } from './api-reads.ts';
import { measureCancel } from './cancel.ts';
import { toTable } from './figure.ts';
import type { Figure } from './figure.ts';
import { startGrounds } from './grounds.ts';
import { measureNoisyNeighbour } from './noisy-neighbour.ts';
import { measureResolution } from './resolution.ts';
import { closeOnExit, createClosers } from '../sandbox/index.ts';
import type { Closers } from '../sandbox/index.ts';
import { full, quick } from './sizes.ts';
import type { Sizes } from './sizes.ts';
import { measureTextRun } from './text-run.ts';
import { measureWorkerStart } from './worker-start.ts';

const usage = `npm run bench -- [--quick] [--json] [--judge]
  --quick   a coarse look instead of the full measurement
  --json    the figures as JSON on stdout instead of a table
  --judge   exit code 1 when a target is not met; otherwise judging is yours`;

/** Measures, prints, and answers the exit code: 0 unless something broke, or a target was missed under `--judge`. */
export async function runBench(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const options = readOptions(args);
  if (options === null) {
    say(usage);
    return 2;
  }
  const sizes = options.quick ? quick : full;
  say(introduction(sizes));
  const machine = describeMachine();
  const closers = createClosers();
  const leaveSignals = closeOnExit(closers);
  try {
    const figures = await measure(env, sizes, closers);
    const shown = options.json
      ? JSON.stringify({ machine, quick: options.quick, figures }, toMicros, 2)
      : `\n${toTable(figures)}\n\n${machine}`;
    process.stdout.write(`${shown}\n`);
    const missed = figures.filter(({ target }) => target !== null && !target.met).length;
    return options.judge && missed > 0 ? 1 : 0;
  } catch (error) {
    say(`The bench broke: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await closers.closeAll();
    leaveSignals();
  }
}

async function measure(env: NodeJS.ProcessEnv, sizes: Sizes, closers: Closers): Promise<readonly Figure[]> {
  const grounds = await startGrounds(env, closers, (line) => say(`  ${line}`));
  const measurements = {
    'a text run beside a bare activity': () => measureTextRun(grounds, sizes.text),
    'resolution at two sizes of the registry': () => measureResolution(grounds, sizes.resolution, closers),
    'each adapter beside raw fetch': () => measureAdapter(grounds, sizes.adapter, closers),
    'reads of the API': () => measureApiReads(grounds, sizes.api, closers),
    'an abort, until the vendor sees it': () => measureCancel(grounds, sizes.cancels),
    'a run beside a noisy neighbour': () => measureNoisyNeighbour(grounds, sizes.neighbour),
    'the start of a worker': () => measureWorkerStart(grounds, sizes.workerStarts),
  };
  const figures: Figure[] = [];
  for (const [what, work] of Object.entries(measurements)) {
    say(`  measuring ${what} …`);
    figures.push(...(await Promise.race([work(), grounds.broken])));
  }
  return figures;
}

interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  readonly judge: boolean;
}

function readOptions(args: readonly string[]): Options | null {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args: [...args], options: { quick: flag, json: flag, judge: flag } }).values;
  } catch {
    return null;
  }
}

function introduction({ about }: Sizes): string {
  return [
    `Measures this version on this machine, in about ${about}; nothing is kept and nothing has to be set up.`,
    'A real Postgres and a real Temporal are started for it; vendors are stand-ins in a process of their own.',
  ].join('\n');
}

function describeMachine(): string {
  const [first] = cpus();
  const load = loadavg()[0] ?? 0;
  const cores = availableParallelism();
  const busy = load > cores / 4 ? ' The machine was busy: measure again at a quiet moment.' : '';
  return `${cores} cores (${first?.model.trim() ?? 'unknown'}), Node ${process.version}, load ${load.toFixed(1)} before. Ratios hold from machine to machine, times do not.${busy}`;
}

/** Of milliseconds; nothing here is known to less. */
function toMicros(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
}

/** On stderr: stdout may be somebody's JSON. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
