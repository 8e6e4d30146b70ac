import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import type { Sweep } from './sweep.ts';

/**
 * Deletes what is stale and looks for lost runs, at once and then again and again, until the returned function is called; a
 * Temporal that does not answer holds it for no more than a moment. A look that fails is made up for by the next one; a
 * worker that may not look says so once.
 */
export function keepSweeping(
  sweep: Sweep,
  everyMs: number,
  warn: (line: string) => void,
): () => Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  let warned = false;
  async function lookAgainAndAgain(): Promise<void> {
    while (!signal.aborted) {
      // First, since a Temporal that does not answer is no reason to keep what is stale.
      await sweep.forget(signal).catch(() => {});
      try {
        await sweep.look(signal);
      } catch (error) {
        if (isDenied(error) && !warned) warn(deniedLine);
        warned ||= isDenied(error);
      }
      // Workers that were started together do not look together.
      const pauseMs = everyMs * (0.5 + Math.random());
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }
  const ended = lookAgainAndAgain();
  return async () => {
    stop.abort();
    await Promise.race([ended, sleep(patienceMs, undefined, { ref: false })]);
  };
}

const patienceMs = 2_000;

const deniedLine =
  'Runs that are terminated in Temporal get no outcome: give this worker the right to list workflows and to read their histories.';

/** gRPC's codes for a client that is not known or may not. */
const deniedCodes: readonly number[] = [7, 16];

function isDenied(error: unknown): boolean {
  return isGrpcServiceError(error) && deniedCodes.includes(error.code);
}
