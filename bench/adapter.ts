import type { Closers } from '../sandbox/index.ts';
import type { Figure } from './figure.ts';
import type { Grounds } from './grounds.ts';
import { otherClients } from './other-clients.ts';
import { createRawCall } from './raw-call.ts';
import type { Sizes } from './sizes.ts';
import type { StandIns } from './stand-in-process.ts';
import { compare, median, quantile } from './statistics.ts';
import { takeTurns, timed } from './take-turns.ts';
import { createGuardTo, createVendorCall, endpointOf, vendorNames } from './vendor-calls.ts';
import type { Call, VendorName } from './vendor-calls.ts';

const differenceAtMostMs = 0.2;

/** One vendor in one way to answer: the calls that take turns. `raw` is `fetch` with the request that the adapter made. */
interface Comparison {
  readonly what: string;
  readonly arms: Readonly<Record<string, Call>>;
}

/** One call through each adapter beside raw `fetch` with the same request, to a server that answers at once. */
export async function measureAdapter(
  { standIns }: Pick<Grounds, 'standIns'>,
  { rounds, warmUp, calls }: Sizes['adapter'],
  closers: Closers,
): Promise<readonly Figure[]> {
  const guard = createGuardTo(standIns);
  closers.onClose(() => guard.close());
  const comparisons: Comparison[] = [];
  for (const vendor of vendorNames) {
    for (const streaming of [false, true]) {
      const adapter = createVendorCall(standIns, vendor, streaming, guard);
      await adapter();
      const raw = await createRawCall(standIns, vendor, streaming, closers);
      comparisons.push({
        what: `adapter ${vendor}, ${streaming ? 'streamed' : 'in one piece'}`,
        arms: { adapter, raw, ...othersOf(standIns, vendor, streaming) },
      });
    }
  }
  for (const { arms } of comparisons) await measureRound(arms, warmUp);
  const taken = comparisons.map((): Round[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { arms }] of comparisons.entries()) {
      taken[index]?.push(await measureRound(arms, calls));
    }
  }
  return comparisons.flatMap(({ what }, index) => toFigures(what, taken[index] ?? []));
}

/** Only the open format has clients that everybody uses. */
function othersOf(
  standIns: StandIns,
  vendor: VendorName,
  streaming: boolean,
): Readonly<Record<string, Call>> {
  if (vendor !== 'custom') return {};
  const baseUrl = `${endpointOf(standIns, vendor, streaming)}/v1`;
  return Object.fromEntries(
    Object.entries(otherClients).map(([name, create]) => [name, create(baseUrl, streaming)]),
  );
}

/** Milliseconds of each call, by arm. */
type Round = Readonly<Record<string, readonly number[]>>;

function measureRound(arms: Comparison['arms'], calls: number): Promise<Round> {
  const timedArms = Object.fromEntries(
    Object.entries(arms).map(([name, call]) => [name, () => timed(call)] as const),
  );
  return takeTurns(calls, timedArms);
}

function toFigures(what: string, rounds: readonly Round[]): readonly Figure[] {
  const of = (arm: string, share: number) => rounds.map((round) => quantile(round[arm] ?? [], share));
  const beside = (arm: string, share: number, name: string): Figure => {
    const [ours, theirs] = [of('adapter', share), of(arm, share)];
    return {
      what: `${what}: ${name}`,
      unit: 'ms',
      ours: median(ours),
      beside: { what: arm === 'raw' ? 'raw fetch' : arm, value: median(theirs) },
      compared: compare('difference', ours, theirs),
      target: null,
    };
  };
  const p50 = beside('raw', 0.5, 'p50');
  const met = (p50.compared?.value ?? 0) <= differenceAtMostMs;
  const others = Object.keys(rounds[0] ?? {}).filter((arm) => arm !== 'adapter' && arm !== 'raw');
  return [
    { ...p50, target: { text: `≤ +${differenceAtMostMs} ms`, met } },
    beside('raw', 0.99, 'p99'),
    ...others.map((arm) => beside(arm, 0.5, 'p50')),
  ];
}
