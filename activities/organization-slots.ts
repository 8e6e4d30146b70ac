import { Failure } from '../contract/index.ts';

/** Keeps one organization from taking all the calls of a worker. */
export interface OrganizationSlots {
  /**
   * Throws `worker.busy` when the organization's share is taken: no call was made, nobody is to blame. It says when to
   * look again (`retryAfterMs`). `look` counts how often this work has come by, from 1.
   */
  within<T>(org: string, look: number, work: () => Promise<T>): Promise<T>;
}

interface Share {
  taken: number;
  /** Up to when looks have been given out. */
  bookedMs: number;
}

/** Whoever waits alone looks again at once; soon enough also for calls that take only a moment. */
const stepMs = 20;
const doublingsMax = 6;
const longestMs = 30_000;

/**
 * Those who are refused get looks one after the other, further and further apart: hundreds of runs that wait for a call
 * that hangs would otherwise slow down everybody else by looking alone.
 */
export function createOrganizationSlots(
  share: number,
  nowMs: () => number = () => performance.now(),
  random: () => number = Math.random,
): OrganizationSlots {
  const shares = new Map<string, Share>();

  function bookLookMs(held: Share, look: number): number {
    const now = nowMs();
    const afterMs = stepMs * 2 ** Math.min(look - 1, doublingsMax);
    held.bookedMs = Math.min(now + longestMs, Math.max(now, held.bookedMs) + afterMs);
    return Math.ceil((held.bookedMs - now) * (0.8 + 0.4 * random()));
  }

  return {
    async within(org, look, work) {
      const held = shares.get(org) ?? { taken: 0, bookedMs: 0 };
      if (held.taken >= share) {
        const retryAfterMs = bookLookMs(held, look);
        throw new Failure('worker.busy', "The organization's share of this worker is taken.", {
          retryAfterMs,
        });
      }
      held.taken += 1;
      shares.set(org, held);
      try {
        return await work();
      } finally {
        held.taken -= 1;
        if (held.taken === 0) shares.delete(org);
      }
    },
  };
}
