import { setTimeout as sleep } from 'node:timers/promises';
import type { Reached } from './start-worker-process.ts';

/** Where a test wants worker processes to stand, and when they may go on. */
export interface Holds {
  /** Resolves when somebody stands at this place. Who comes there, also in another try, stays until `release`. */
  hold(place: Reached): Promise<void>;
  /** Resolves when somebody comes by this place, which holds nobody. */
  passed(place: Reached): Promise<void>;
  /** For the worker processes: resolves when the one that has arrived may go on. */
  readonly arrive: (reached: Reached) => Promise<void>;
  /** Everybody may go on, and nobody is held any more. */
  release(): void;
}

const arriveWithinMs = 60_000;

export function createHolds(): Holds {
  const awaited = new Map<string, { readonly holds: boolean; readonly arrived: () => void }>();
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });

  async function wait(place: Reached, holds: boolean): Promise<void> {
    const arrival = new Promise<true>((resolve) => {
      awaited.set(nameOf(place), { holds, arrived: () => resolve(true) });
    });
    const late = new AbortController();
    const arrived = await Promise.race([
      arrival,
      sleep(arriveWithinMs, false, { signal: late.signal, ref: false }),
    ]);
    late.abort();
    if (!arrived) throw new Error(`Nobody came within ${arriveWithinMs} ms to: ${nameOf(place)}`);
  }
  return {
    hold: (place) => wait(place, true),
    passed: (place) => wait(place, false),
    async arrive(reached) {
      const name = nameOf(reached);
      const found = awaited.get(name);
      if (found === undefined) return;
      found.arrived();
      if (found.holds) await released;
    },
    release,
  };
}

function nameOf({ point, at, workflowId }: Reached): string {
  return `${point}, ${at}, ${workflowId}`;
}
