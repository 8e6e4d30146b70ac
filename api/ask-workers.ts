import { needTemporal } from './need-temporal.ts';
import type { Call } from './route.ts';

/** Has the workers take up a test that is written down. Throws `unavailable`; asked again, the same row is found again. */
export async function askWorkers(
  { options, org }: Call,
  test: string,
  subject: readonly string[],
): Promise<void> {
  const client = needTemporal(options);
  const [{ askTemporal }, { startProviderTest }] = await Promise.all([
    import('./ask-temporal.ts'),
    import('../client/index.ts'),
  ]);
  await askTemporal(client, () => startProviderTest(client, { org, test, subject }, options.taskQueue));
}
