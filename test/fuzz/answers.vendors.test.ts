import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Failure } from '../../contract/index.ts';
import { createGuard, type Guard } from '../../vendors/index.ts';
import { startRawServer, type RawServer } from '../vendors/bad-answers/raw-server.ts';
import { openBench, type Bench } from '../vendors/calling.ts';
import { dialects } from '../vendors/dialects/all.ts';
import { complaintOf } from './judge.ts';
import { joined, mutate, mutation, type Mutation, type Mutated } from './mutation.ts';
import { originalsOf } from './original.ts';
import { send, transport, type Transport } from './transport.ts';

/** `npm run fuzz` says how many answers; else it is a slice of them, another one with another `BYOM_SEED`. */
const asked = process.env['BYOM_FUZZ'];
const all = asked !== undefined;
const runs = Number(asked ?? 400);
const seed = Number(process.env['BYOM_SEED'] ?? 1);
const lanes = 8;
const originals = dialects.flatMap(originalsOf);

interface Case {
  readonly original: number;
  readonly mutations: readonly Mutation[];
  readonly how: Transport;
}
const aCase: fc.Arbitrary<Case> = fc.record({
  original: fc.nat({ max: originals.length - 1 }),
  mutations: fc.array(mutation, { maxLength: 3 }),
  how: transport,
});

const patient = { firstTokenMs: 20_000, idleMs: 20_000, totalMs: 20_000 };
const short = { firstTokenMs: 150, idleMs: 150, totalMs: 400 };
const graceMs = 250;

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** How the answers ended, in numbers. */
const ends = new Map<string, number>();

async function play(
  { original: index, mutations, how }: Case,
  server: RawServer,
  guard: Guard,
): Promise<void> {
  const original = originals[index]!;
  const before: Mutated = { pieces: original.pieces, touched: false };
  const { pieces, touched } = mutations.reduce((at, one) => mutate(at, one, originals), before);
  const { bytes } = joined(pieces);
  server.play(send(bytes, original, how));
  const limits = how.ending === 'hang' ? short : patient;
  const settings = original.dialect.settings(server.url);
  const late = all ? lateness(limits.totalMs) : null;
  const outcome = await bench
    .call(original.dialect, { settings, guard, limits, streaming: original.streaming })
    .catch((thrown: unknown) => thrown);
  expect(late?.() ?? 0).toBeLessThanOrEqual(graceMs);
  const end = outcome instanceof Failure ? outcome.type : 'answered';
  ends.set(end, (ends.get(end) ?? 0) + 1);
  expect(complaintOf({ original, bytes, touched, how, outcome })).toBeNull();
  // A limit that passes on a busy machine may forestall the request; nothing may repeat it.
  const fewest = end === 'model.timed-out' ? 0 : 1;
  expect(server.requests()).toBeGreaterThanOrEqual(fewest);
  expect(server.requests()).toBeLessThanOrEqual(1);
}

/** One that falls silent has a server of its own: its request may come when the call is over. */
async function playApart(one: Case, guard: Guard): Promise<void> {
  const server = await startRawServer();
  try {
    await play(one, server, guard);
  } finally {
    await server.close();
  }
}

/** How long after a timer that was set for the same moment the call ended: a machine that is late is late for both. */
function lateness(totalMs: number): () => number {
  let passedAtMs: number | null = null;
  const timer = setTimeout(() => (passedAtMs = performance.now()), totalMs);
  return () => {
    clearTimeout(timer);
    return passedAtMs === null ? 0 : performance.now() - passedAtMs;
  };
}

/** The lane that found something: it goes on to find the smallest case that shows it, and the others stop. */
let found: number | null = null;

async function fuzz(lane: number, numRuns: number): Promise<void> {
  const server = await startRawServer();
  const guard = createGuard({ allowedRanges: ['127.0.0.0/8'] });
  const property = fc.asyncProperty(aCase, async (one) => {
    if (found !== null && found !== lane) return;
    try {
      await (one.how.ending === 'hang' ? playApart(one, guard) : play(one, server, guard));
    } catch (complaint) {
      found = lane;
      throw complaint;
    }
  });
  try {
    await fc.assert(property, { seed: seed * 1_000 + lane, numRuns });
  } finally {
    await guard.close();
    await server.close();
  }
}

async function fuzzAll(numRuns: number): Promise<void> {
  const ran = await Promise.allSettled(
    Array.from({ length: lanes }, (_none, lane) => fuzz(lane, numRuns / lanes)),
  );
  for (const one of ran) if (one.status === 'rejected') throw one.reason;
}

/** Bytes in use when everything that can be let go has been. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it(
  `${runs} mutated answers of ${dialects.length} dialects are typed failures, or the complete text (seed ${seed})`,
  async () => {
    await fuzzAll(lanes * 5);
    const before = usedBytes();
    await fuzzAll(runs);
    if (all) {
      const grownMb = (usedBytes() - before) / 2 ** 20;
      process.stderr.write(
        `${[...ends].map(([end, count]) => `${count} ${end}`).join(', ')}; ${grownMb.toFixed(1)} MB grown.\n`,
      );
      expect(grownMb).toBeLessThan(64);
    }
    // Mutations that break everything, or nothing, would prove nothing.
    expect(ends.get('answered')).toBeGreaterThan(runs / 20);
    expect(ends.get('model.invalid-answer')).toBeGreaterThan(runs / 20);
    expect(ends.size).toBeGreaterThanOrEqual(5);
  },
  20 * 60_000,
);
