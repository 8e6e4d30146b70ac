import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../contract/index.ts';

const patienceMs = 10_000;
const pauseMs = 250;

/**
 * Stores what was paid for, also while Postgres is away for a moment. After ten seconds the answer is more worth than
 * the row: `recordOutcome` will tell the ledger.
 */
export async function untilStored<T>(store: () => Promise<T>): Promise<T | 'not stored'> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    try {
      return await store();
    } catch (error) {
      if (!(error instanceof Failure) || error.type !== 'registry.unavailable') throw error;
      if (Date.now() + pauseMs > untilMs) return 'not stored';
      await sleep(pauseMs);
    }
  }
}
