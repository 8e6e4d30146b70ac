import type { Client } from '@temporalio/client';
import { defaultTaskQueue, providerTestIdOf, providerTestType, testAskedSignal } from '../contract/index.ts';
import type { ProviderTestRequest } from '../contract/index.ts';
import { fairnessKeyOf } from './start-behavior.ts';

export interface ProviderTestStart extends ProviderTestRequest {
  /** What is tested, in words that tell it from all else in the organization: one workflow at a time for each. */
  readonly subject: readonly string[];
}

/**
 * Has the workers carry out a test whose row is written. Sent again for the same row it starts nothing a second time, unless the
 * workflow was lost.
 */
export async function startProviderTest(
  client: Client,
  { org, test, subject }: ProviderTestStart,
  taskQueue: string = defaultTaskQueue,
): Promise<void> {
  const request: ProviderTestRequest = { org, test };
  await client.workflow.signalWithStart(providerTestType, {
    workflowId: providerTestIdOf(org, ...subject),
    taskQueue,
    args: [request],
    signal: testAskedSignal,
    signalArgs: [test],
    staticSummary: 'test of a provider',
    priority: { fairnessKey: fairnessKeyOf(org) },
  });
}
