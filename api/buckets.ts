import { Problem } from './problem.ts';

/** Limits how often one principal may ask, in this process. */
export interface Buckets {
  /** Throws `too-many-requests` with the time to wait. */
  take(actor: string): void;
}

const principalsMax = 10_000;

/** A token bucket per principal: `perMinute` in a burst, refilled evenly. */
export function createBuckets(perMinute: number): Buckets {
  const buckets = new Map<string, { left: number; atMs: number }>();
  return {
    take(actor) {
      const nowMs = performance.now();
      const bucket = buckets.get(actor) ?? { left: perMinute, atMs: nowMs };
      const left = Math.min(perMinute, bucket.left + ((nowMs - bucket.atMs) * perMinute) / 60_000);
      // Whoever comes back moves to the end, so that the first one is the one not seen for longest.
      buckets.delete(actor);
      buckets.set(actor, { left: Math.max(0, left - 1), atMs: nowMs });
      const [longest] = buckets.keys();
      if (buckets.size > principalsMax && longest !== undefined) buckets.delete(longest);
      if (left < 1) {
        const seconds = Math.ceil(((1 - left) * 60) / perMinute);
        throw new Problem('too-many-requests', `You may ask ${perMinute} times a minute.`, {
          headers: { 'retry-after': String(seconds) },
        });
      }
    },
  };
}
