import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { Failure } from '../../contract/index.ts';
import type { Ending } from '../../contract/index.ts';
import type { DurableSteps } from '../run/durable-steps.ts';
import type { Trail } from '../run/trail.ts';

interface Abortable {
  readonly untilAborted: DurableSteps['untilAborted'];
  readonly abort: (reason: string) => void;
}

/**
 * The work of a run, and the way to stop it. An accepted abort ends the run as aborted even when the work had just
 * finished, unless its outcome is on record. A bug is thrown on, so that Temporal retries it on corrected code.
 */
export function abortable(trail: Trail): Abortable {
  const work = new CancellationScope();
  let reason: string | null = null;
  return {
    abort(why) {
      reason = why;
      work.cancel();
    },
    async untilAborted(body): Promise<Ending> {
      try {
        const ending = await work.run(body);
        const late = reason !== null && trail.state.outcome === null;
        return late ? { how: 'aborted', by: 'operator', reason: reason ?? '' } : ending;
      } catch (error) {
        if (error instanceof Failure) return { how: 'refused', failure: error.type, message: error.message };
        if (!isCancellation(error)) throw error;
        return reason === null
          ? { how: 'aborted', by: 'cancellation', reason: 'cancelled' }
          : { how: 'aborted', by: 'operator', reason };
      }
    },
  };
}
