import { isGrpcServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { Problem } from './problem.ts';

/** The client would try a silent server again for minutes, and whoever asks has a request open. */
const temporalTimeoutMs = 5_000;

/** One exchange with Temporal. Throws `unavailable` where it is away, or has not answered after 5 s. */
export async function askTemporal<T>(client: Client, exchange: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + temporalTimeoutMs, exchange);
  } catch (error) {
    // The client wraps what most of its methods meet.
    if (!isGrpcServiceError(error) && !isGrpcServiceError((error as Error | null)?.cause)) throw error;
    throw new Problem('unavailable', 'Temporal does not answer. Try again.', {
      headers: { 'retry-after': '1' },
    });
  }
}
