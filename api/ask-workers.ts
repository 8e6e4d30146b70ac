import { isGrpcServiceError } from '@temporalio/client';
import { startProviderTest } from '../client/index.ts';
import { needTemporal } from './need-temporal.ts';
import { Problem } from './problem.ts';
import type { Call } from './route.ts';

/** Has the workers take up a test that is written down. Throws `unavailable`; asked again, the same row is found again. */
export async function askWorkers(
  { options, org }: Call,
  test: string,
  subject: readonly string[],
): Promise<void> {
  const client = needTemporal(options);
  try {
    await startProviderTest(client, { org, test, subject }, options.taskQueue);
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    throw new Problem('unavailable', 'Temporal does not answer. Try again.', {
      headers: { 'retry-after': '1' },
    });
  }
}
