import { defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import { testAskedSignal } from '../contract/index.ts';
import type { ProviderActivities, ProviderTestRequest } from '../contract/index.ts';

const testAsked = defineSignal<[string]>(testAskedSignal);

const { testProvider } = proxyActivities<ProviderActivities>({
  startToCloseTimeout: '4m',
  heartbeatTimeout: '10s',
  // A test that nobody has heard of for an hour is of no use to whoever asked; the registry gives it up as well.
  scheduleToCloseTimeout: '1h',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/**
 * Tests a provider where Behaviors run, one test after the other: what passes here is what a run would meet. The tests
 * asked for meanwhile come by signal, which a workflow that is about to end still has to look at.
 */
export async function byomProviderTest({ org, test }: ProviderTestRequest): Promise<void> {
  const asked = [test];
  setHandler(testAsked, (another) => {
    if (!asked.includes(another)) asked.push(another);
  });
  for (const one of asked) {
    await testProvider.executeWithOptions({ summary: `test ${one}` }, [{ org, test: one }]);
  }
}
